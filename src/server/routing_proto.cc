#include "server/routing_proto.h"

#include <fmt/format.h>
#include <influxdata/iox/management/v1/database_rules.pb.h>

namespace magnetite::server {
namespace {

constexpr std::string_view kShardConfig = "rules.routing_rules.shard_config";

void to_proto(const model::NodeGroup& group, management::NodeGroup& out) {
  for (const uint32_t node : group.nodes) out.add_nodes()->set_id(node);
}

model::NodeGroup from_proto(const management::NodeGroup& from) {
  model::NodeGroup group;
  for (const auto& node : from.nodes()) group.nodes.push_back(node.id());
  return group;
}

void to_proto(const model::ShardConfig& from, management::ShardConfig& out) {
  for (const model::SpecificTarget& each : from.specific_targets) {
    management::MatcherToShard& target = *out.add_specific_targets();
    target.mutable_matcher()->set_table_name_regex(each.table_name_regex);
    target.set_shard(each.shard);
  }
  if (from.hash_ring) {
    out.mutable_hash_ring()->set_table_name(from.hash_ring->table_name);
    for (const std::string& column : from.hash_ring->columns) out.mutable_hash_ring()->add_columns(column);
    for (const uint32_t shard : from.hash_ring->shards) out.mutable_hash_ring()->add_shards(shard);
  }
  out.set_ignore_errors(from.ignore_errors);
  for (const auto& [id, group] : from.shards) to_proto(group, *(*out.mutable_shards())[id].mutable_iox());
}

Result<model::ShardConfig> from_proto(const management::ShardConfig& from) {
  model::ShardConfig config;
  for (int i = 0; i < from.specific_targets_size(); ++i) {
    const management::MatcherToShard& each = from.specific_targets(i);
    if (!each.matcher().predicate().empty())
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("{}.specific_targets.{}.matcher.predicate: is not supported, only table_name_regex is",
                              kShardConfig, i));
    config.specific_targets.push_back({each.matcher().table_name_regex(), each.shard()});
  }
  if (from.has_hash_ring()) {
    const management::HashRing& ring = from.hash_ring();
    config.hash_ring = model::HashRing{ring.table_name(),
                                       {ring.columns().begin(), ring.columns().end()},
                                       {ring.shards().begin(), ring.shards().end()}};
  }
  config.ignore_errors = from.ignore_errors();
  for (const auto& [id, shard] : from.shards()) {
    if (!shard.has_iox())
      return fail(ErrorCode::kInvalidInput, fmt::format("{}.shards.{}.sink: Field is required", kShardConfig, id));
    config.shards[id] = from_proto(shard.iox());
  }
  return config;
}

}  // namespace

void to_proto(const model::RoutingRules& routing, management::DatabaseRules& out) {
  if (const auto* all = std::get_if<model::RoutingConfig>(&routing))
    to_proto(all->target, *out.mutable_routing_config()->mutable_target());
  else if (const auto* config = std::get_if<model::ShardConfig>(&routing))
    to_proto(*config, *out.mutable_shard_config());
}

Result<model::RoutingRules> routing_from_proto(const management::DatabaseRules& rules) {
  if (rules.has_shard_config()) return from_proto(rules.shard_config());
  if (!rules.has_routing_config()) return model::RoutingRules();
  if (!rules.routing_config().has_target())
    return fail(ErrorCode::kInvalidInput, "rules.routing_rules.routing_config.target: Field is required");
  return model::RoutingConfig{from_proto(rules.routing_config().target())};
}

}  // namespace magnetite::server
