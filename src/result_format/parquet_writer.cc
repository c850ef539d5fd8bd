#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <parquet/arrow/writer.h>

#include "result_format/writers.h"

namespace magnetite::result_format {
namespace {

constexpr int64_t kRowGroupRows = 122'880;

// Bytes wait here until somebody takes them.
class Pending final : public arrow::io::OutputStream {
 public:
  arrow::Status Write(const void* data, int64_t bytes) override {
    text_.append(static_cast<const char*>(data), static_cast<size_t>(bytes));
    written_ += bytes;
    return arrow::Status::OK();
  }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return written_; }
  void take(std::string& out) {
    out += text_;
    text_.clear();
  }

 private:
  std::string text_;
  int64_t written_ = 0;
  bool closed_ = false;
};

Result<> check(const arrow::Status& status) {
  if (status.ok()) return {};
  return fail(ErrorCode::kInternal, "the result cannot be written as Parquet: " + status.message());
}

}  // namespace

struct ParquetWriter::File {
  std::shared_ptr<Pending> bytes = std::make_shared<Pending>();
  std::unique_ptr<parquet::arrow::FileWriter> writer;
};

ParquetWriter::ParquetWriter(std::shared_ptr<arrow::Schema> schema) : schema_(std::move(schema)) {}
ParquetWriter::~ParquetWriter() = default;

Result<> ParquetWriter::begin(std::string&) { return {}; }

Result<> ParquetWriter::add(const arrow::RecordBatch& batch, std::string& out) {
  if (file_ == nullptr) {
    auto file = std::make_unique<File>();
    const auto properties = parquet::WriterProperties::Builder()
                                .compression(arrow::Compression::SNAPPY)  // every reader knows it
                                ->max_row_group_length(kRowGroupRows)
                                ->build();
    const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
    auto opened = parquet::arrow::FileWriter::Open(*schema_, arrow::default_memory_pool(), file->bytes, properties,
                                                   arrow_properties);
    MAGNETITE_RETURN_IF_ERROR(check(opened.status()));
    file->writer = std::move(opened).ValueUnsafe();
    file_ = std::move(file);
  }
  MAGNETITE_RETURN_IF_ERROR(check(file_->writer->WriteRecordBatch(batch)));
  file_->bytes->take(out);
  return {};
}

Result<> ParquetWriter::end(std::string& out) {
  if (file_ == nullptr) return {};
  MAGNETITE_RETURN_IF_ERROR(check(file_->writer->Close()));
  file_->bytes->take(out);
  return {};
}

}  // namespace magnetite::result_format
