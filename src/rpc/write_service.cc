#include "rpc/write_service.h"

#include <fmt/format.h>

#include "columnar_write/entry_reader.h"
#include "columnar_write/lines.h"
#include "rpc/column_batches.h"
#include "rpc/status.h"
#include "server/router.h"

namespace magnetite::rpc {
namespace {

using grpc::Status;

// OK: the server serves, and the database is there.
Status check_writable(const server::Server& server, const Subject& subject) {
  if (!server.serving()) return {grpc::UNAVAILABLE, "service not ready to serve"};
  const auto known = server.rules(subject.resource_name);
  return known ? Status::OK : to_status(known.error(), subject);
}

enum class Routing : uint8_t { kAsTheRulesSay, kStoreHere };

Result<database::WriteReport> write_whole(server::Server& server, std::string_view database, std::string lines,
                                          Routing routing) {
  database::WriteInput input;
  input.store_here = routing == Routing::kStoreHere;
  input.body = std::move(lines);
  input.accept_partial = false;
  return server.write(database, std::move(input));
}

Status write_failure(const Error& error, const Subject& subject) {
  if (const auto nodes = server::unconfigured(error))
    return to_status(Error(ErrorCode::kNotFound, error.message()),
                     {.resource_type = "remote", .resource_name = *nodes});
  return to_status(error, subject);
}

// `batches` are what `subject.field` holds.
Status write_columns(server::Server& server, std::span<const columnar_write::TableBatch> batches,
                     const Subject& subject, Routing routing) {
  auto lines = columnar_write::to_lines(batches, {});
  if (!lines) return to_status(lines.error(), subject);
  if (lines->rows() == 0) return Status::OK;
  const auto written = write_whole(server, subject.resource_name, std::move(*lines).take_text(), routing);
  if (!written) return write_failure(written.error(), subject);
  if (written->errors.empty()) return Status::OK;
  const line_protocol::LineError& first = written->errors.front();
  return to_status(
      Error(ErrorCode::kInvalidInput, fmt::format("{}: {}", lines->place_of(first.line_number), first.message)),
      subject);
}

}  // namespace

Status WriteService::Write(grpc::ServerContext*, const write::WriteRequest* request, write::WriteResponse* response) {
  const Subject subject{.resource_name = request->db_name(), .field = "lp_data"};
  if (Status refused = check_writable(server_, subject); !refused.ok()) return refused;
  const auto written = write_whole(server_, request->db_name(), request->lp_data(),
                                   request->store_here() ? Routing::kStoreHere : Routing::kAsTheRulesSay);
  if (!written) return write_failure(written.error(), subject);
  if (!written->errors.empty()) {
    const line_protocol::LineError& first = written->errors.front();
    return to_status(Error(ErrorCode::kInvalidInput, fmt::format("Invalid Line Protocol: line {}, column {}: {}",
                                                                 first.line_number, first.column, first.message)),
                     subject);
  }
  response->set_lines_written(written->lines_accepted);
  return Status::OK;
}

Status WriteService::WriteEntry(grpc::ServerContext*, const write::WriteEntryRequest* request,
                                write::WriteEntryResponse*) {
  const Subject subject{.resource_name = request->db_name(), .field = "entry"};
  if (Status refused = check_writable(server_, subject); !refused.ok()) return refused;
  const auto entry = columnar_write::Entry::read(request->entry());
  if (!entry) return to_status(entry.error(), subject);
  return write_columns(server_, entry->batches(), subject, Routing::kStoreHere);
}

Status ColumnWriteService::Write(grpc::ServerContext*, const column_write::WriteRequest* request,
                                 column_write::WriteResponse*) {
  const Subject subject{.resource_name = request->database_batch().database_name(), .field = "database_batch"};
  if (!server_.serving()) return {grpc::UNAVAILABLE, "service not ready to serve"};
  if (!request->has_database_batch()) return to_status(Error(ErrorCode::kInvalidInput, "Field is required"), subject);
  if (Status refused = check_writable(server_, subject); !refused.ok()) return refused;
  const auto batches = to_batches(request->database_batch());
  if (!batches) return to_status(batches.error(), subject);
  return write_columns(server_, *batches, subject, Routing::kAsTheRulesSay);
}

}  // namespace magnetite::rpc
