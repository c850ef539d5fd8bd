// What of a database's rules is not for everyone who may see them: passwords of its write buffer.
#pragma once

#include "model/database_rules.h"

namespace magnetite::server {

model::DatabaseRules without_secrets(model::DatabaseRules rules);

// Rules that were shown come back changed: where they say what was shown of `stored`, they mean what is stored.
void restore_secrets(model::DatabaseRules& rules, const model::DatabaseRules& stored);

}  // namespace magnetite::server
