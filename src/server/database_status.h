// What a server says of one of its databases.
#pragma once

#include <string>

#include "database/database.h"
#include "server/database_registry.h"
#include "server/server.h"

namespace magnetite::server {

DatabaseStatus status_of(const std::string& name, const DatabaseRegistry::Entry& entry);
Counters counters_of(const database::Database& database);

}  // namespace magnetite::server
