#include "cli/database_calls.h"

#include <influxdata/iox/management/v1/service.grpc.pb.h>
#include <influxdata/iox/write/v1/service.grpc.pb.h>

#include "cli/grpc_call.h"

namespace magnetite::cli {

using management::ManagementService;
namespace write_api = influxdata::iox::write::v1;

Result<> create_database(const Client& client, const management::DatabaseRules& rules) {
  management::CreateDatabaseRequest request;
  *request.mutable_rules() = rules;
  MAGNETITE_RETURN_IF_ERROR(call<ManagementService>(client, &ManagementService::Stub::CreateDatabase, request));
  return {};
}

Result<> update_database(const Client& client, const management::DatabaseRules& rules) {
  management::UpdateDatabaseRequest request;
  *request.mutable_rules() = rules;
  MAGNETITE_RETURN_IF_ERROR(call<ManagementService>(client, &ManagementService::Stub::UpdateDatabase, request));
  return {};
}

Result<std::vector<std::string>> list_databases(const Client& client) {
  MAGNETITE_TRY(const auto response, call<ManagementService>(client, &ManagementService::Stub::ListDatabases,
                                                             management::ListDatabasesRequest()));
  return std::vector<std::string>(response.names().begin(), response.names().end());
}

Result<management::DatabaseRules> get_database(const Client& client, const std::string& name) {
  management::GetDatabaseRequest request;
  request.set_name(name);
  MAGNETITE_TRY(auto response, call<ManagementService>(client, &ManagementService::Stub::GetDatabase, request));
  return std::move(*response.mutable_rules());
}

Result<management::DeleteDatabaseResponse> delete_database(const Client& client, const std::string& name,
                                                           std::optional<uint64_t> keep_for_seconds) {
  management::DeleteDatabaseRequest request;
  request.set_db_name(name);
  if (keep_for_seconds) request.mutable_keep_for()->set_seconds(static_cast<int64_t>(*keep_for_seconds));
  return call<ManagementService>(client, &ManagementService::Stub::DeleteDatabase, request);
}

Result<std::string> restore_database(const Client& client, const std::string& name, const std::string& uuid) {
  management::RestoreDatabaseRequest request;
  request.set_db_name(name);
  request.set_uuid(uuid);
  MAGNETITE_TRY(const auto response,
                call<ManagementService>(client, &ManagementService::Stub::RestoreDatabase, request));
  return response.uuid();
}

Result<std::vector<management::DeletedDatabase>> list_deleted_databases(const Client& client) {
  MAGNETITE_TRY(const auto response, call<ManagementService>(client, &ManagementService::Stub::ListDeletedDatabases,
                                                             management::ListDeletedDatabasesRequest()));
  return std::vector<management::DeletedDatabase>(response.databases().begin(), response.databases().end());
}

Result<uint64_t> write_lines(const Client& client, const std::string& database, std::string lines) {
  write_api::WriteRequest request;
  request.set_db_name(database);
  request.set_lp_data(std::move(lines));
  MAGNETITE_TRY(const auto response,
                call<write_api::WriteService>(client, &write_api::WriteService::Stub::Write, request));
  return response.lines_written();
}

}  // namespace magnetite::cli
