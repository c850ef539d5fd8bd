// Consistent hashing: a shard that comes or goes moves only the keys it gets or had. Stable for ever across versions
// and platforms: docs/formats/sharding.md.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace magnetite::sharding {

class HashRing {
 public:
  explicit HashRing(std::span<const uint32_t> shards);  // at least one; their order does not matter

  uint32_t shard_of(std::string_view key) const;

 private:
  std::vector<std::pair<uint64_t, uint32_t>> points_;  // (hash, shard), ascending
};

}  // namespace magnetite::sharding
