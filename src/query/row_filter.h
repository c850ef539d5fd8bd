// The part of a predicate that compares fields, row by row. Only for rows that nothing can overwrite: below
// de-duplication it would bring old values back (L8). Keeps every row that SQL would keep; NaN counts as the largest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/predicate.h"
#include "schema/table_schema.h"

namespace magnetite::query {

// Immutable; thread-safe.
class RowFilter {
 public:
  RowFilter() = default;  // keeps every row
  RowFilter(const model::Predicate& predicate, const schema::TableSchema& schema);

  bool empty() const { return comparisons_.empty(); }
  std::span<const model::Comparison> comparisons() const { return comparisons_; }

  // Clears keep[i] where values[i] fails. Layout of `values`: as of chunk::ColumnVector, of the comparison's column.
  // NULLs are the caller's: they satisfy nothing.
  static void keep_matching(const model::Comparison& comparison, const void* values, size_t count, uint8_t* keep);

 private:
  std::vector<model::Comparison> comparisons_;
};

}  // namespace magnetite::query
