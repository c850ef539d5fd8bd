// What people are told of one database.
#pragma once

#include <string>

#include "server/database_registry.h"

namespace magnetite::server {

DatabaseStatus status_of(const std::string& name, const DatabaseRegistry::Entry& entry);

}  // namespace magnetite::server
