#include "rpc/column_batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "columnar_write/checked_columns.h"

namespace magnetite::rpc {
namespace {

namespace wire = influxdata::transfer::column::v1;
using namespace columnar_write;  // of the types alone

using StringList = google::protobuf::RepeatedPtrField<std::string>;

template <class T>
std::span<const T> numbers(const google::protobuf::RepeatedField<T>& list) {
  return {list.data(), static_cast<size_t>(list.size())};
}

Strings strings(const StringList& list) {
  const auto at = [](const void* from, size_t index) {
    return std::string_view(static_cast<const StringList*>(from)->Get(static_cast<int>(index)));
  };
  return {&list, static_cast<size_t>(list.size()), at};
}

Role role_of(wire::Column::SemanticType type) {
  switch (type) {
    case wire::Column::SEMANTIC_TYPE_TAG:
      return Role::kTag;
    case wire::Column::SEMANTIC_TYPE_FIELD:
      return Role::kField;
    case wire::Column::SEMANTIC_TYPE_TIME:
      return Role::kTime;
    default:  // of an open enumeration: anything may arrive
      return Role::kNone;
  }
}

// Null: values of two types.
std::optional<Values> values_of(const wire::Column& column, Role role) {
  const wire::Column::Values& from = column.values();
  const std::array sizes = {from.i64_values_size(),    from.f64_values_size(),  from.u64_values_size(),
                            from.string_values_size(), from.bool_values_size(), from.bytes_values_size()};
  if (std::ranges::count_if(sizes, [](int size) { return size > 0; }) > 1) return std::nullopt;
  if (from.i64_values_size() > 0) return numbers(from.i64_values());
  if (from.f64_values_size() > 0) return numbers(from.f64_values());
  if (from.u64_values_size() > 0) return numbers(from.u64_values());
  if (from.string_values_size() > 0) return strings(from.string_values());
  if (from.bool_values_size() > 0) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(from.bool_values().data());
    return Booleans(bytes, static_cast<size_t>(from.bool_values_size()));
  }
  if (from.bytes_values_size() > 0) return Blobs();
  // The wire does not say what type a column without values has: a tag's is a string, a time's an integer, and a field
  // without any value is nothing to store, whatever its type.
  if (role == Role::kTag) return strings(from.string_values());
  return Integers();
}

}  // namespace

Result<std::vector<TableBatch>> to_batches(const wire::DatabaseBatch& from) {
  std::vector<TableBatch> batches;
  batches.reserve(static_cast<size_t>(from.table_batches_size()));
  for (const wire::TableBatch& table : from.table_batches()) {
    TableBatch& batch = batches.emplace_back();
    batch.table = table.table_name();
    batch.row_count = table.row_count();
    batch.columns.reserve(static_cast<size_t>(table.columns_size()));
    for (const wire::Column& column : table.columns()) {
      const Role role = role_of(column.semantic_type());
      std::optional<Values> values = values_of(column, role);
      if (!values)
        return fail(ErrorCode::kInvalidInput, fmt::format("table {}, column {}: values of two types",
                                                          shown(table.table_name()), shown(column.column_name())));
      batch.columns.push_back({column.column_name(), role, *std::move(values), column.null_mask()});
    }
  }
  return batches;
}

}  // namespace magnetite::rpc
