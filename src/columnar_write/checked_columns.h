// Columns of one batch that fit together, in the order in which a line has them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "columnar_write/column_batch.h"

namespace magnetite::columnar_write {

struct FieldColumn {
  const Column* column = nullptr;
  std::string key;  // escaped, with the '=' behind it
};

struct CheckedColumns {
  size_t rows = 0;
  std::string measurement;          // escaped
  std::vector<const Column*> tags;  // by name
  std::vector<FieldColumn> fields;  // as they came
  const Column* time = nullptr;     // set when there are rows
};

inline bool is_null(const Column& column, size_t row) {
  return !column.null_mask.empty() && (static_cast<uint8_t>(column.null_mask[row / 8]) & (0x80u >> row % 8)) != 0;
}

inline constexpr size_t kNameBytesMax = 64 * 1024;  // the parser's bound

// What may still be looked at: one part of a message can be named many times, so its size bounds nothing.
class Budget {
 public:
  explicit Budget(uint64_t cells) : cells_(cells) {}
  Result<> spend(uint64_t count, uint64_t times = 1);  // kTooLarge

 private:
  uint64_t cells_;
};

// kInvalidInput names the table, and the column where it is one.
Result<CheckedColumns> check_columns(const TableBatch& batch, Budget& budget);

// For messages: a table's or column's name as far as it can be shown.
std::string shown(std::string_view name);

}  // namespace magnetite::columnar_write
