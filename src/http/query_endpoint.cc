#include <arrow/record_batch.h>

#include "http/body_codec.h"
#include "http/query_request.h"
#include "http/service.h"
#include "http/status.h"

namespace magnetite::http {
namespace {

// Rows of a running statement as pieces of text.
class TextStream {
 public:
  TextStream(std::unique_ptr<query::sql::ResultStream> rows, result_format::Format format)
      : rows_(std::move(rows)), writer_(result_format::Writer::make(format, rows_->schema())) {}

  // Appends; false: that was the end.
  Result<bool> next(std::string& piece) {
    if (ended_) return false;
    if (!begun_) MAGNETITE_RETURN_IF_ERROR(writer_->begin(piece));
    begun_ = true;
    if (batch_ == nullptr) {
      MAGNETITE_TRY(batch_, rows_->next());
      row_ = 0;
    }
    if (batch_ == nullptr) {
      ended_ = true;
      MAGNETITE_RETURN_IF_ERROR(writer_->end(piece));
      return false;
    }
    const int64_t rows = std::min(kRowsOfPiece, batch_->num_rows() - row_);
    MAGNETITE_RETURN_IF_ERROR(writer_->add(*batch_->Slice(row_, rows), piece));
    row_ += rows;
    if (row_ == batch_->num_rows()) batch_ = nullptr;
    return true;
  }

 private:
  static constexpr int64_t kRowsOfPiece = 4'096;  // about a megabyte: enough for few system calls, little to hold
  const std::unique_ptr<query::sql::ResultStream> rows_;
  const std::unique_ptr<result_format::Writer> writer_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int64_t row_ = 0;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace

Response Service::query_sql(Request& request) {
  const Api api = api_of(request.path);
  auto body =
      decode_body(std::move(request.body), request.content_encoding, body_bytes_max(request.path), request.body_lease);
  if (!body) return error_answer(body.error(), api);
  request.body = *std::move(body);
  auto asked = parse_query_request(request);
  if (!asked) return error_answer(asked.error(), api);
  if (auto allowed = access::authorize(*request.caller, access::Need::read(asked->database)); !allowed)
    return error_answer(allowed.error(), api);

  query::sql::Statement statement;
  statement.database = asked->database;
  statement.sql = std::move(asked->sql);
  statement.parameters = std::move(asked->parameters);
  statement.cancellation = request.cancellation;
  statement.may_read = access::readable_by(request.caller);
  auto executed = engine_.execute(statement);
  if (!executed && database_of_path(request.path) && executed.error().code() == ErrorCode::kInvalidInput)
    return error_answer(std::move(executed).error().with_context("Error while planning query"), api);
  if (!executed) return error_answer(executed.error(), api);

  Response response;
  response.content_type = result_format::content_type(asked->format);
  response.database = std::move(asked->database);
  auto stream = std::make_unique<TextStream>(*std::move(executed), asked->format);
  // A small result, or one that fails early, is answered whole: with its length, or with the right status.
  constexpr size_t kWholeBytesMax = 64 * 1024;
  while (response.body.size() < kWholeBytesMax) {
    auto more = stream->next(response.body);
    if (!more) return error_answer(more.error(), api);
    if (!*more) return response;
  }
  response.next_piece = [stream = std::move(stream)](std::string& piece) { return stream->next(piece); };
  return response;
}

}  // namespace magnetite::http
