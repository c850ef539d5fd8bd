// Column batches to line protocol. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "columnar_write/column_batch.h"

namespace magnetite::columnar_write {

struct Limits {
  size_t text_bytes_max = 64ull << 20;  // names are repeated on each line: a small message may make a large text
  uint64_t cells_max = 100'000'000;     // rows times columns: a message can name one column many times
};

// Line protocol with nanosecond times, and where each of its lines came from.
class Lines {
 public:
  const std::string& text() const { return text_; }
  size_t rows() const { return line_numbers_.size(); }
  // "table cpu, row 3": rows are counted from 0, within their batch. The line is 1-based and need not begin a row.
  std::string place_of(uint32_t line_number) const;
  std::string take_text() && { return std::move(text_); }

 private:
  friend class LineWriter;
  struct Batch {
    std::string table;
    size_t row_first = 0;
  };

  std::string text_;
  std::vector<Batch> batches_;
  std::vector<uint32_t> line_numbers_;  // where each row begins
};

// A line for each row, with the values that the columns have, exactly. kInvalidInput names table, column and row:
// columns that do not fit together, a missing time, what line protocol has no form for (empty tags, infinite numbers,
// bytes, line ends in names, rows without fields). kTooLarge above the limits.
Result<Lines> to_lines(std::span<const TableBatch> batches, const Limits& limits);

}  // namespace magnetite::columnar_write
