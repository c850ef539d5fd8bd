#include "rpc/flight_service.h"

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <glaze/json.hpp>

#include "rpc/flight_guard.h"

namespace magnetite::rpc {
namespace {

using arrow::flight::FlightStatusCode;
using arrow::flight::MakeFlightError;

arrow::Status to_arrow(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalidInput:
    case ErrorCode::kLimitExceeded:
    case ErrorCode::kTooLarge:
      return arrow::Status::Invalid(error.message());
    case ErrorCode::kUnauthenticated:
      return MakeFlightError(FlightStatusCode::Unauthenticated, error.message());
    case ErrorCode::kPermissionDenied:
      return MakeFlightError(FlightStatusCode::Unauthorized, error.message());
    case ErrorCode::kNotFound:
      return arrow::Status::KeyError(error.message());
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kFailedPrecondition:
    case ErrorCode::kResourceExhausted:  // Flight has no word for it that clients take for worth repeating
    case ErrorCode::kUnavailable:
    case ErrorCode::kUnclear:
    case ErrorCode::kShutdown:
      return MakeFlightError(FlightStatusCode::Unavailable, error.message());
    case ErrorCode::kDeadlineExceeded:
      return MakeFlightError(FlightStatusCode::TimedOut, error.message());
    case ErrorCode::kCancelled:
      return MakeFlightError(FlightStatusCode::Cancelled, error.message());
    case ErrorCode::kCorruption:
    case ErrorCode::kInternal:
      return MakeFlightError(FlightStatusCode::Internal, error.message());
  }
  return MakeFlightError(FlightStatusCode::Internal, error.message());
}

class ResultReader final : public arrow::RecordBatchReader {
 public:
  ResultReader(std::unique_ptr<query::sql::ResultStream> rows, std::unique_ptr<CallWatch::Watched> watched)
      : watched_(std::move(watched)), rows_(std::move(rows)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return rows_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    auto next = rows_->next();
    if (!next) return to_arrow(next.error());
    *batch = *std::move(next);
    return arrow::Status::OK();
  }

 private:
  const std::unique_ptr<CallWatch::Watched> watched_;
  const std::unique_ptr<query::sql::ResultStream> rows_;
};

std::optional<std::string> text_member(const glz::generic_i64& object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (!object.contains(name)) continue;
    const auto& value = object.get_object().at(std::string(name));
    if (value.is_string()) return value.get<std::string>();
  }
  return std::nullopt;
}

Result<query::sql::ParameterValue> to_parameter(const std::string& name, const glz::generic_i64& value) {
  if (value.is_null()) return query::sql::ParameterValue();
  if (value.is_boolean()) return query::sql::ParameterValue(value.get<bool>());
  if (value.is_string()) return query::sql::ParameterValue(value.get<std::string>());
  if (const auto* whole = value.get_if<int64_t>()) return query::sql::ParameterValue(*whole);
  if (const auto* number = value.get_if<double>()) return query::sql::ParameterValue(*number);
  return fail(ErrorCode::kInvalidInput,
              fmt::format("parameter '{}' must be a string, a number, a boolean or null", name));
}

}  // namespace

Result<query::sql::Statement> parse_ticket(const std::string& ticket) {
  glz::generic_i64 object;
  if (glz::read_json(object, ticket) || !object.is_object())
    return fail(ErrorCode::kInvalidInput, "the ticket must be a JSON object with database and sql_query");
  query::sql::Statement statement;
  const auto database = text_member(object, {"database", "database_name", "namespace_name", "bucket", "bucket-name"});
  const auto sql = text_member(object, {"sql_query"});
  if (!database) return fail(ErrorCode::kInvalidInput, "the ticket names no database");
  if (!sql) return fail(ErrorCode::kInvalidInput, "the ticket has no sql_query");
  const std::string kind = text_member(object, {"query_type"}).value_or("sql");
  if (kind != "sql" && kind != "SQL")
    return fail(ErrorCode::kInvalidInput, fmt::format("query_type '{}' is not answered here, only sql", kind));
  statement.database = *database;
  statement.sql = *sql;
  if (object.contains("params") && object.get_object().at("params").is_object()) {
    for (const auto& [name, value] : object.get_object().at("params").get_object()) {
      MAGNETITE_TRY(query::sql::ParameterValue converted, to_parameter(name, value));
      statement.parameters.emplace_back(name, std::move(converted));
    }
  }
  return statement;
}

arrow::Status FlightService::DoGet(const arrow::flight::ServerCallContext& context, const arrow::flight::Ticket& ticket,
                                   std::unique_ptr<arrow::flight::FlightDataStream>* stream) {
  if (!server_.serving()) return MakeFlightError(FlightStatusCode::Unavailable, "service not ready to serve");
  auto statement = parse_ticket(ticket.ticket);
  if (!statement) return to_arrow(statement.error());
  const access::Caller caller = caller_of(context);
  if (const auto allowed = access::authorize(*caller, access::Need::read(statement->database)); !allowed)
    return to_arrow(allowed.error());
  statement->may_read = access::readable_by(caller);
  statement->cancellation = std::make_shared<query::sql::Cancellation>();
  auto watched = watch_.watch(context, statement->cancellation);
  auto rows = engine_.execute(*statement);
  if (!rows) return to_arrow(rows.error());
  *stream = std::make_unique<arrow::flight::RecordBatchStream>(
      std::make_shared<ResultReader>(*std::move(rows), std::move(watched)));
  return arrow::Status::OK();
}

}  // namespace magnetite::rpc
