// Internal: a flat decoded column that owns its values, validity and text.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "chunk/byte_arena.h"
#include "chunk/open_columns.h"
#include "chunk/sorted_chunk.h"

namespace magnetite::chunk {

struct FlatColumn {
  FlatColumn(model::ColumnType column_type, size_t row_count)
      : type(column_type), rows(row_count), values(new std::byte[std::max<size_t>(rows * value_bytes(type), 1)]) {}

  template <class T>
  T* as() {
    return reinterpret_cast<T*>(values.get());
  }
  void make_validity() { validity.assign((rows + 63) / 64, 0); }
  void set_valid(size_t row) { validity[row / 64] |= uint64_t{1} << (row % 64); }

  const model::ColumnType type;
  const size_t rows;
  const std::unique_ptr<std::byte[]> values;
  std::vector<uint64_t> validity;  // empty: no NULL
  ByteArena text;
  std::shared_ptr<const void> text_owner;  // when strings point elsewhere
};

inline ColumnVector vector_of(const std::shared_ptr<FlatColumn>& column) {
  ColumnVector vector;
  vector.type = column->type;
  vector.kind = ColumnVector::Kind::kFlat;
  vector.data = column->values.get();
  vector.validity = column->validity.empty() ? nullptr : column->validity.data();
  vector.keep_alive = column;
  return vector;
}

inline std::shared_ptr<const DecodedColumn> decoded_of(std::shared_ptr<FlatColumn> column) {
  auto decoded = std::make_shared<DecodedColumn>();
  decoded->rows = column->rows;
  decoded->bytes = column->rows * value_bytes(column->type) + column->validity.size() * sizeof(uint64_t) +
                   column->text.bytes() + sizeof(FlatColumn) + sizeof(DecodedColumn);
  decoded->vector = vector_of(column);
  return decoded;
}

inline std::shared_ptr<const DecodedColumn> decoded_null(model::ColumnType type, size_t rows) {
  auto decoded = std::make_shared<DecodedColumn>();
  decoded->rows = rows;
  decoded->bytes = sizeof(DecodedColumn);
  decoded->vector.type = type;
  return decoded;
}

}  // namespace magnetite::chunk
