#include "server/new_database.h"

#include <string_view>

#include "entry/partition_key.h"
#include "server/log_opener.h"
#include "sharding/sharder.h"

namespace magnetite::server {

Result<model::DatabaseRules> rules_of_new_database(model::DatabaseRules asked) {
  model::materialise_defaults(asked);
  MAGNETITE_RETURN_IF_ERROR(model::validate(asked));
  // Objects of the server itself lie where folders of databases do.
  constexpr std::string_view kReserved = ".pb";
  if (asked.name.ends_with(kReserved))
    return fail(ErrorCode::kInvalidInput, "rules.name: names that end in '.pb' are those of the server's own files");
  MAGNETITE_RETURN_IF_ERROR(LogOpener::check(asked));
  MAGNETITE_RETURN_IF_ERROR(entry::PartitionKeyMaker::make(asked.partition_template));
  MAGNETITE_RETURN_IF_ERROR(sharding::compile(asked.routing));
  asked.uuid = model::Uuid::random();
  return asked;
}

}  // namespace magnetite::server
