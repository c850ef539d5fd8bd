#include "result_format/result_format.h"

#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>

#include "result_format/writers.h"

namespace magnetite::result_format {

Result<Format> parse_format(std::string_view word) {
  std::string lower(word);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (lower == "json") return Format::kJson;
  if (lower == "jsonl" || lower == "json_lines") return Format::kJsonLines;
  if (lower == "csv") return Format::kCsv;
  if (lower == "pretty") return Format::kPretty;
  if (lower == "parquet") return Format::kParquet;
  return fail(
      ErrorCode::kInvalidInput,
      fmt::format("unknown format '{}': Expected one of 'pretty', 'csv' or 'json' (or 'jsonl', 'parquet')", word));
}

std::string_view content_type(Format format) {
  switch (format) {
    case Format::kJson:
      return "application/json";
    case Format::kJsonLines:
      return "application/jsonl";
    case Format::kCsv:
      return "text/csv";
    case Format::kPretty:
      return "text/plain; charset=utf-8";
    case Format::kParquet:
      return "application/vnd.apache.parquet";
  }
  return "application/octet-stream";
}

std::unique_ptr<Writer> Writer::make(Format format, std::shared_ptr<arrow::Schema> schema) {
  switch (format) {
    case Format::kJson:
      return std::make_unique<JsonWriter>(*schema, false);
    case Format::kJsonLines:
      return std::make_unique<JsonWriter>(*schema, true);
    case Format::kCsv:
      return std::make_unique<CsvWriter>(std::move(schema));
    case Format::kPretty:
      return std::make_unique<PrettyWriter>(std::move(schema));
    case Format::kParquet:
      return std::make_unique<ParquetWriter>(std::move(schema));
  }
  return nullptr;
}

}  // namespace magnetite::result_format
