// Where writes of a database go instead of into it. Field for field the management API's routing_rules.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"

namespace magnetite::model {

// Servers that are as good as each other, by their ids.
struct NodeGroup {
  std::vector<uint32_t> nodes;
  bool operator==(const NodeGroup&) const = default;
};

struct SpecificTarget {
  std::string table_name_regex;  // found anywhere in the name; empty: matches nothing
  uint32_t shard = 0;
  bool operator==(const SpecificTarget&) const = default;
};

// Lines are told apart by the table, if so, and these tags.
struct HashRing {
  bool table_name = false;
  std::vector<std::string> columns;
  std::vector<uint32_t> shards;
  bool operator==(const HashRing&) const = default;
};

// The first target that matches, else the ring.
struct ShardConfig {
  std::vector<SpecificTarget> specific_targets;
  std::optional<HashRing> hash_ring;
  bool ignore_errors = false;  // of the other servers: the write succeeds all the same
  std::map<uint32_t, NodeGroup> shards;
  bool operator==(const ShardConfig&) const = default;
};

// Everything goes there.
struct RoutingConfig {
  NodeGroup target;
  bool operator==(const RoutingConfig&) const = default;
};

using RoutingRules = std::variant<std::monostate, ShardConfig, RoutingConfig>;

inline constexpr size_t kShardsMax = 10'000;

// kInvalidInput with the field's path: groups without nodes, node 0, shards that are named and not there.
Result<> validate(const RoutingRules& rules);

}  // namespace magnetite::model
