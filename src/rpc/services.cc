#include "rpc/services.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "rpc/status.h"

namespace magnetite::rpc {

using grpc::Status;

Status WriteService::Write(grpc::ServerContext*, const write::WriteRequest* request, write::WriteResponse* response) {
  const Subject subject{.resource_name = request->db_name(), .field = "lp_data"};
  if (!server_.serving()) return {grpc::UNAVAILABLE, "service not ready to serve"};
  const std::vector<std::string> known = server_.database_names();
  if (std::ranges::find(known, request->db_name()) == known.end())  // this API never creates a database
    return to_status(Error(ErrorCode::kNotFound, ""), subject);
  database::WriteInput input;
  input.body = request->lp_data();
  input.accept_partial = false;
  auto written = server_.write(request->db_name(), std::move(input));
  if (!written) return to_status(written.error(), subject);
  if (!written->errors.empty()) {
    const line_protocol::LineError& first = written->errors.front();
    return to_status(Error(ErrorCode::kInvalidInput, fmt::format("Invalid Line Protocol: line {}, column {}: {}",
                                                                 first.line_number, first.column, first.message)),
                     subject);
  }
  response->set_lines_written(written->lines_accepted);
  return Status::OK;
}

Status HealthService::Check(grpc::ServerContext*, const grpc::health::v1::HealthCheckRequest* request,
                            grpc::health::v1::HealthCheckResponse* response) {
  static constexpr std::array kServices = {std::string_view(""),
                                           std::string_view("grpc.health.v1.Health"),
                                           std::string_view("influxdata.platform.storage.Storage"),
                                           std::string_view("arrow.flight.protocol.FlightService"),
                                           std::string_view("influxdata.iox.write.v1.WriteService"),
                                           std::string_view("influxdata.iox.management.v1.ManagementService"),
                                           std::string_view("google.longrunning.Operations")};
  if (std::ranges::find(kServices, request->service()) == kServices.end())
    return {grpc::NOT_FOUND, fmt::format("unknown service {}", request->service())};
  response->set_status(grpc::health::v1::HealthCheckResponse::SERVING);
  return Status::OK;
}

}  // namespace magnetite::rpc
