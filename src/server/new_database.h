// What a database begins with.
#pragma once

#include "base/result.h"
#include "model/database_rules.h"

namespace magnetite::server {

// Defaults written in, and a UUID of its own. kInvalidInput with the field's path for what cannot be.
Result<model::DatabaseRules> rules_of_new_database(model::DatabaseRules asked);

}  // namespace magnetite::server
