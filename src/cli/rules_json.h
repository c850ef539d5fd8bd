// Rules of a database as `database get` prints them: camelCase, every field, numbers bare, two spaces of indent.
#pragma once

#include <string>

namespace influxdata::iox::management::v1 {
class DatabaseRules;
}

namespace magnetite::cli {

std::string rules_json(const influxdata::iox::management::v1::DatabaseRules& rules);

}  // namespace magnetite::cli
