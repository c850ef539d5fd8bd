// Internal: values of one column, gathered from slices up to a fixed number of rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "chunk/row_batch.h"

namespace magnetite::chunk {

// Not thread-safe. Texts are not copied; what keeps them is kept until clear().
class ColumnBuffer {
 public:
  // Takes its memory with the first value.
  ColumnBuffer(model::ColumnType type, size_t rows_max) : type_(type), rows_max_(rows_max) {}

  // How many of these rows may follow until the texts here are more than `text_bytes_max`; at least one.
  size_t rows_within(const ColumnVector& from, size_t first, size_t count, size_t text_bytes_max) const;
  // Rows [first, first + count) of a vector of any kind; there is room for them.
  void append(const ColumnVector& from, size_t first, size_t count);
  void clear();

  size_t text_bytes() const { return text_bytes_; }  // of texts that differ from the one before
  ColumnVector vector() const;                       // flat or null; valid until the next append() or clear()

 private:
  template <class T>
  void append_values(const ColumnVector& from, size_t first, size_t count);
  void append_validity(const ColumnVector& from, size_t first, size_t count);

  const model::ColumnType type_;
  const size_t rows_max_;
  size_t rows_ = 0;
  size_t valid_rows_ = 0;
  size_t text_bytes_ = 0;
  std::unique_ptr<std::byte[]> values_;
  std::vector<uint64_t> validity_;  // empty: no NULL so far
  std::vector<std::shared_ptr<const void>> texts_;
};

}  // namespace magnetite::chunk
