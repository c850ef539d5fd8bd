#include "cli/result_printer.h"

#include <arrow/array/builder_binary.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <utility>

#include "cli/query_stream.h"

namespace magnetite::cli {
namespace {

constexpr uint64_t kPrettyRowsMax = 100'000;  // in one table: its columns' widths are those of so many rows

Result<> put(std::string& text, std::FILE* to) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), to) == text.size();
  text.clear();
  if (!is_written) return fail(ErrorCode::kInternal, "the output cannot be written");
  return {};
}

class OneBatch final : public QueryStream {
 public:
  explicit OneBatch(std::shared_ptr<arrow::RecordBatch> batch) : schema_(batch->schema()), batch_(std::move(batch)) {}
  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  Result<std::shared_ptr<arrow::RecordBatch>> next() override { return std::exchange(batch_, nullptr); }

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::RecordBatch> batch_;
};

}  // namespace

Result<uint64_t> print_result(QueryStream& rows, result_format::Format format, std::FILE* to) {
  auto writer = result_format::Writer::make(format, rows.schema());
  std::string out;
  uint64_t count = 0;
  uint64_t in_table = 0;
  MAGNETITE_RETURN_IF_ERROR(writer->begin(out));
  while (true) {
    MAGNETITE_TRY(const auto batch, rows.next());
    if (batch == nullptr) break;
    if (format == result_format::Format::kPretty && in_table >= kPrettyRowsMax) {
      MAGNETITE_RETURN_IF_ERROR(writer->end(out));
      writer = result_format::Writer::make(format, rows.schema());
      MAGNETITE_RETURN_IF_ERROR(writer->begin(out));
      in_table = 0;
    }
    MAGNETITE_RETURN_IF_ERROR(writer->add(*batch, out));
    count += static_cast<uint64_t>(batch->num_rows());
    in_table += static_cast<uint64_t>(batch->num_rows());
    MAGNETITE_RETURN_IF_ERROR(put(out, to));
  }
  MAGNETITE_RETURN_IF_ERROR(writer->end(out));
  if (format == result_format::Format::kJson) out += '\n';
  MAGNETITE_RETURN_IF_ERROR(put(out, to));
  if (std::fflush(to) != 0) return fail(ErrorCode::kInternal, "the output cannot be written");
  return count;
}

Result<> print_column(const std::string& name, const std::vector<std::string>& values, result_format::Format format,
                      std::FILE* to) {
  arrow::StringBuilder builder;
  std::shared_ptr<arrow::Array> column;
  arrow::Status status = builder.AppendValues(values);
  if (status.ok()) status = builder.Finish(&column);
  if (!status.ok()) return fail(ErrorCode::kTooLarge, status.message());
  OneBatch rows(
      arrow::RecordBatch::Make(arrow::schema({arrow::field(name, arrow::utf8())}), column->length(), {column}));
  MAGNETITE_RETURN_IF_ERROR(print_result(rows, format, to));
  return {};
}

}  // namespace magnetite::cli
