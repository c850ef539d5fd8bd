// DatabaseRules as protobuf: what the management API speaks and what rules.pb holds.
#pragma once

#include "base/result.h"
#include "model/database_rules.h"
#include "object_store/object_store.h"

namespace influxdata::iox::management::v1 {
class DatabaseRules;
}

namespace magnetite::server {

namespace management = influxdata::iox::management::v1;

void to_proto(const model::DatabaseRules& rules, management::DatabaseRules& out);
// kInvalidInput with the field's path; defaults are not written in.
Result<model::DatabaseRules> from_proto(const management::DatabaseRules& rules);

object_store::Bytes encode_rules_file(const model::DatabaseRules& rules);
// kCorruption "error deserializing database rules from protobuf: ...".
Result<model::DatabaseRules> decode_rules_file(const object_store::Bytes& bytes);

}  // namespace magnetite::server
