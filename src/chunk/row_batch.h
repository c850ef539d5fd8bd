// Vectors of values as a scan hands them on: slices of decoded columns, never copied on the way when that can be
// helped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "model/column_type.h"

namespace magnetite::chunk {

// Values of one column. Layout of `data` by type: float double, integer and time int64_t, unsigned uint64_t, boolean
// uint8_t (0 or 1), tag and string std::string_view.
struct ColumnVector {
  enum class Kind : uint8_t {
    kFlat,        // data[i]
    kConstant,    // data[0] for every row
    kDictionary,  // data[indices[i]]
    kNull,        // every row NULL; data unused
  };
  model::ColumnType type = model::ColumnType::kTime;
  Kind kind = Kind::kNull;
  const void* data = nullptr;
  // Flat: bit i % 64 of word i / 64, counted from `validity_offset`; dictionary and constant: of data's entries.
  // nullptr = no NULL.
  const uint64_t* validity = nullptr;
  size_t validity_offset = 0;
  const uint32_t* indices = nullptr;  // dictionary: one per row
  size_t dictionary_size = 0;
  // Dictionary: `data` is the same for many batches of a scan and has no NULL, so what is made of it can be kept.
  bool dictionary_is_shared = false;
  std::shared_ptr<const void> keep_alive;  // owns what the pointers refer to

  bool is_valid(size_t row) const {
    if (kind == Kind::kNull) return false;
    if (validity == nullptr) return true;
    const size_t at = validity_offset + (kind == Kind::kFlat ? row : kind == Kind::kConstant ? 0 : indices[row]);
    return (validity[at / 64] >> (at % 64) & 1) != 0;
  }
  template <class T>
  const T& value(size_t row) const {
    const size_t at = kind == Kind::kFlat ? row : kind == Kind::kConstant ? 0 : indices[row];
    return static_cast<const T*>(data)[at];
  }
};

// At most kBatchRowsMax rows; columns in the order they were asked for.
inline constexpr size_t kBatchRowsMax = 2048;  // DuckDB's vector size

struct RowBatch {
  size_t rows = 0;
  std::vector<ColumnVector> columns;
};

}  // namespace magnetite::chunk
