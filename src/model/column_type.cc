#include "model/column_type.h"

namespace magnetite::model {

std::string_view to_string(ColumnType type) {
  switch (type) {
    case ColumnType::kTag:
      return "tag";
    case ColumnType::kFloat:
      return "float";
    case ColumnType::kInteger:
      return "integer";
    case ColumnType::kUnsigned:
      return "unsigned";
    case ColumnType::kString:
      return "string";
    case ColumnType::kBoolean:
      return "boolean";
    case ColumnType::kTime:
      return "time";
  }
  return "unknown";
}

}  // namespace magnetite::model
