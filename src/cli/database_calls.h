// What can be asked of a server about its databases, and writing to them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace influxdata::iox::management::v1 {
class DatabaseRules;
class DeleteDatabaseResponse;
class DeletedDatabase;
}  // namespace influxdata::iox::management::v1

namespace magnetite::cli {

class Client;
namespace management = influxdata::iox::management::v1;

Result<> create_database(const Client& client, const management::DatabaseRules& rules);
Result<> update_database(const Client& client, const management::DatabaseRules& rules);
Result<std::vector<std::string>> list_databases(const Client& client);
Result<management::DatabaseRules> get_database(const Client& client, const std::string& name);

// nullopt: kept for as long as the server is set to.
Result<management::DeleteDatabaseResponse> delete_database(const Client& client, const std::string& name,
                                                           std::optional<uint64_t> keep_for_seconds);
// Answers with the UUID's 16 bytes. An empty `uuid`: the one of that name that was deleted last.
Result<std::string> restore_database(const Client& client, const std::string& name, const std::string& uuid);
Result<std::vector<management::DeletedDatabase>> list_deleted_databases(const Client& client);

// All or nothing of `lines`; answers with how many there were.
Result<uint64_t> write_lines(const Client& client, const std::string& database, std::string lines);

}  // namespace magnetite::cli
