// Arrow batches as json, jsonl, csv, the pretty table, or a Parquet file. Shared by HTTP and the command line.
// README.md shows each.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace arrow {
class RecordBatch;
class Schema;
}  // namespace arrow

namespace magnetite::result_format {

enum class Format : uint8_t { kJson, kJsonLines, kCsv, kPretty, kParquet };
Result<Format> parse_format(std::string_view word);  // json, jsonl, json_lines, csv, pretty, parquet; case-insensitive
std::string_view content_type(Format format);

// Writes a result piece by piece: begin, batches, end; each call appends to `out`. Pretty needs column widths, so it
// holds its batches (256 MiB, then kTooLarge) until end().
class Writer {
 public:
  static std::unique_ptr<Writer> make(Format format, std::shared_ptr<arrow::Schema> schema);
  virtual ~Writer() = default;
  virtual Result<> begin(std::string& out) = 0;
  virtual Result<> add(const arrow::RecordBatch& batch, std::string& out) = 0;
  virtual Result<> end(std::string& out) = 0;
};

}  // namespace magnetite::result_format
