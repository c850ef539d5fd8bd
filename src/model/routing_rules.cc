#include "model/routing_rules.h"

#include <fmt/format.h>

namespace magnetite::model {
namespace {

constexpr std::string_view kShardConfig = "rules.routing_rules.shard_config";

Result<> validate(const NodeGroup& group, const std::string& path) {
  if (group.nodes.empty()) return fail(ErrorCode::kInvalidInput, path + ".nodes: a group needs at least one node");
  for (size_t i = 0; i < group.nodes.size(); ++i)
    if (group.nodes[i] == 0)
      return fail(ErrorCode::kInvalidInput, fmt::format("{}.nodes.{}.id: Node ID must be nonzero", path, i));
  return {};
}

Result<> check_known(const ShardConfig& config, uint32_t shard, const std::string& path) {
  if (config.shards.contains(shard)) return {};
  return fail(ErrorCode::kInvalidInput, fmt::format("{}: shard {} is not among {}.shards", path, shard, kShardConfig));
}

Result<> validate(const ShardConfig& config) {
  if (config.shards.size() > kShardsMax)
    return fail(ErrorCode::kInvalidInput, fmt::format("{}.shards: at most {} are allowed", kShardConfig, kShardsMax));
  for (const auto& [id, group] : config.shards)
    MAGNETITE_RETURN_IF_ERROR(validate(group, fmt::format("{}.shards.{}.iox", kShardConfig, id)));
  for (size_t i = 0; i < config.specific_targets.size(); ++i)
    MAGNETITE_RETURN_IF_ERROR(check_known(config, config.specific_targets[i].shard,
                                          fmt::format("{}.specific_targets.{}.shard", kShardConfig, i)));
  if (!config.hash_ring) return {};
  const HashRing& ring = *config.hash_ring;
  if (ring.shards.empty())
    return fail(ErrorCode::kInvalidInput, fmt::format("{}.hash_ring.shards: Field is required", kShardConfig));
  if (!ring.table_name && ring.columns.empty())
    return fail(ErrorCode::kInvalidInput,
                fmt::format("{}.hash_ring: needs table_name or columns, or all lines go to one shard", kShardConfig));
  for (size_t i = 0; i < ring.columns.size(); ++i)
    if (ring.columns[i].empty())
      return fail(ErrorCode::kInvalidInput, fmt::format("{}.hash_ring.columns.{}: Field is required", kShardConfig, i));
  for (size_t i = 0; i < ring.shards.size(); ++i)
    MAGNETITE_RETURN_IF_ERROR(
        check_known(config, ring.shards[i], fmt::format("{}.hash_ring.shards.{}", kShardConfig, i)));
  return {};
}

}  // namespace

Result<> validate(const RoutingRules& rules) {
  if (const auto* routing = std::get_if<RoutingConfig>(&rules))
    return validate(routing->target, "rules.routing_rules.routing_config.target");
  if (const auto* sharding = std::get_if<ShardConfig>(&rules)) return validate(*sharding);
  return {};
}

}  // namespace magnetite::model
