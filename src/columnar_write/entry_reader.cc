#include "columnar_write/entry_reader.h"

#include <entry_generated.h>
#include <fmt/format.h>

#include <cstring>

namespace magnetite::columnar_write {
namespace {

namespace wire = influxdata::iox::write::v1;

constexpr uintptr_t kAlignment = alignof(uint64_t);  // of the widest scalar

std::string_view text(const flatbuffers::String* string) {
  return string == nullptr ? std::string_view() : std::string_view(string->data(), string->size());
}

// The verifier looks at where a list begins, not at where its numbers do.
template <class T>
Result<std::span<const T>> numbers(const flatbuffers::Vector<T>* vector) {
  if (vector == nullptr) return std::span<const T>();
  if (reinterpret_cast<uintptr_t>(vector->Data()) % alignof(T) != 0)
    return fail(ErrorCode::kInvalidInput, "the bytes are no entry: numbers are not aligned");
  return std::span<const T>(vector->data(), vector->size());
}

using StringVector = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

Strings strings(const StringVector* vector) {
  const auto at = [](const void* list, size_t index) {
    return text(static_cast<const StringVector*>(list)->Get(static_cast<flatbuffers::uoffset_t>(index)));
  };
  return {vector, vector == nullptr ? 0 : vector->size(), at};
}

template <class List>
Result<Values> as_values(Result<List> list) {
  MAGNETITE_TRY(Values values, std::move(list));
  return values;
}

Result<Values> values_of(const wire::Column& column) {
  if (const auto* integers = column.values_as_I64Values()) return as_values(numbers(integers->values()));
  if (const auto* floats = column.values_as_F64Values()) return as_values(numbers(floats->values()));
  if (const auto* unsigneds = column.values_as_U64Values()) return as_values(numbers(unsigneds->values()));
  if (const auto* texts = column.values_as_StringValues()) return strings(texts->values());
  if (const auto* booleans = column.values_as_BoolValues()) return as_values(numbers(booleans->values()));
  if (column.values_as_BytesValues() != nullptr) return Blobs();
  return NoValues();
}

Role role_of(const wire::Column& column) {
  switch (column.logical_column_type()) {
    case wire::LogicalColumnType::Tag:
      return Role::kTag;
    case wire::LogicalColumnType::Field:
      return Role::kField;
    case wire::LogicalColumnType::Time:
      return Role::kTime;
    default:  // IOx, or a number that nobody knows
      return Role::kNone;
  }
}

Result<TableBatch> to_batch(const wire::TableWriteBatch& from) {
  TableBatch batch;
  batch.table = text(from.name());
  if (from.columns() == nullptr) return batch;
  batch.columns.reserve(from.columns()->size());
  for (const wire::Column* column : *from.columns()) {
    MAGNETITE_TRY(const auto mask, numbers(column->null_mask()));
    MAGNETITE_TRY(Values values, values_of(*column));
    batch.columns.push_back({text(column->name()), role_of(*column), std::move(values),
                             std::string_view(reinterpret_cast<const char*>(mask.data()), mask.size())});
  }
  return batch;
}

}  // namespace

Result<Entry> Entry::read(std::string_view bytes) {
  if (bytes.empty()) return fail(ErrorCode::kInvalidInput, "the entry is empty");
  if (bytes.size() >= FLATBUFFERS_MAX_BUFFER_SIZE) return fail(ErrorCode::kInvalidInput, "the entry is too large");
  Entry entry;
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  if (reinterpret_cast<uintptr_t>(data) % kAlignment != 0) {
    entry.aligned_.resize((bytes.size() + sizeof(uint64_t) - 1) / sizeof(uint64_t));
    std::memcpy(entry.aligned_.data(), bytes.data(), bytes.size());
    data = reinterpret_cast<const uint8_t*>(entry.aligned_.data());
  }
  constexpr flatbuffers::uoffset_t kDepthMax = 16;
  constexpr flatbuffers::uoffset_t kTablesMax = 1'000'000;  // a column is two; one may be named many times
  flatbuffers::Verifier verifier(data, bytes.size(), kDepthMax, kTablesMax);
  if (!wire::VerifyEntryBuffer(verifier))
    return fail(ErrorCode::kInvalidInput, "the bytes are no entry: the FlatBuffers verifier refuses them");
  const wire::Entry& root = *wire::GetEntry(data);
  if (root.operation_as_DeleteOperations() != nullptr)
    return fail(ErrorCode::kInvalidInput, "delete operations are not supported");
  const wire::WriteOperations* writes = root.operation_as_WriteOperations();
  if (writes == nullptr) return fail(ErrorCode::kInvalidInput, "the entry holds no operation");
  if (writes->partition_writes() == nullptr) return entry;
  for (const wire::PartitionWrite* partition : *writes->partition_writes()) {
    if (partition->table_batches() == nullptr) continue;
    for (const wire::TableWriteBatch* from : *partition->table_batches()) {
      MAGNETITE_TRY(TableBatch batch, to_batch(*from));
      entry.batches_.push_back(std::move(batch));
    }
  }
  return entry;
}

}  // namespace magnetite::columnar_write
