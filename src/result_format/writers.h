// The writer of each format.
#pragma once

#include <string>
#include <vector>

#include "result_format/result_format.h"
#include "result_format/text_copy.h"

namespace magnetite::result_format {

// `[{"a":1},{"a":2}]`, or one object per line. NULL columns are left out.
class JsonWriter final : public Writer {
 public:
  JsonWriter(const arrow::Schema& schema, bool lines);
  Result<> begin(std::string& out) override;
  Result<> add(const arrow::RecordBatch& batch, std::string& out) override;
  Result<> end(std::string& out) override;

 private:
  const bool lines_;
  std::vector<BlockText> keys_;        // `,"name":`
  std::vector<BlockText> first_keys_;  // without the comma
  size_t keys_bytes_ = 0;
  bool first_row_ = true;
};

// A header once, then rows; quoted as RFC 4180 says, ended by \n. NULL is nothing, an empty text is "". No rows, no
// header: the body is empty.
class CsvWriter final : public Writer {
 public:
  explicit CsvWriter(std::shared_ptr<arrow::Schema> schema) : schema_(std::move(schema)) {}
  Result<> begin(std::string& out) override;
  Result<> add(const arrow::RecordBatch& batch, std::string& out) override;
  Result<> end(std::string& out) override;

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  bool header_done_ = false;
};

// A table for people, columns padded to their widest cell (in code points).
class PrettyWriter final : public Writer {
 public:
  explicit PrettyWriter(std::shared_ptr<arrow::Schema> schema) : schema_(std::move(schema)) {}
  Result<> begin(std::string& out) override;
  Result<> add(const arrow::RecordBatch& batch, std::string& out) override;
  Result<> end(std::string& out) override;

 private:
  std::string rule() const;
  void append_padded(std::string_view text, size_t column, std::string& out) const;

  const std::shared_ptr<arrow::Schema> schema_;
  std::vector<size_t> widths_;
  std::vector<std::string> cells_;  // row by row
  size_t bytes_ = 0;
};

// A Parquet file of row groups of 122,880 rows, of which one is held at a time. No batches, no file: the body is empty.
class ParquetWriter final : public Writer {
 public:
  explicit ParquetWriter(std::shared_ptr<arrow::Schema> schema);
  ~ParquetWriter() override;
  Result<> begin(std::string& out) override;
  Result<> add(const arrow::RecordBatch& batch, std::string& out) override;
  Result<> end(std::string& out) override;

 private:
  struct File;
  const std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<File> file_;  // from the first batch on
};

}  // namespace magnetite::result_format
