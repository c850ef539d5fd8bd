#include "line_protocol/parsed.h"

namespace magnetite::line_protocol {

std::string_view to_string(FieldType type) {
  switch (type) {
    case FieldType::kFloat:
      return "float";
    case FieldType::kInteger:
      return "integer";
    case FieldType::kUnsigned:
      return "unsigned";
    case FieldType::kString:
      return "string";
    case FieldType::kBoolean:
      return "boolean";
  }
  return "unknown";
}

void Batch::clear() {
  text = {};
  lines.clear();
  fields.clear();
  errors.clear();
  errors_total = 0;
}

}  // namespace magnetite::line_protocol
