// The routing part of DatabaseRules as protobuf.
#pragma once

#include "base/result.h"
#include "model/routing_rules.h"

namespace influxdata::iox::management::v1 {
class DatabaseRules;
}

namespace magnetite::server {

namespace management = influxdata::iox::management::v1;

void to_proto(const model::RoutingRules& routing, management::DatabaseRules& out);
// kInvalidInput with the field's path for what the wire can say and a server cannot do; not validated further.
Result<model::RoutingRules> routing_from_proto(const management::DatabaseRules& rules);

}  // namespace magnetite::server
