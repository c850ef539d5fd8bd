#include "sharding/hash_ring.h"

#include <xxhash.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace magnetite::sharding {
namespace {

// So many that shards get nearly equal parts: the largest of ten has about a quarter more than its share.
constexpr uint32_t kPointsPerShard = 128;

uint64_t point(uint32_t shard, uint32_t number) {
  std::array<uint8_t, 8> bytes{};
  for (size_t i = 0; i < 4; ++i) {
    bytes[i] = static_cast<uint8_t>(shard >> (8 * i));
    bytes[4 + i] = static_cast<uint8_t>(number >> (8 * i));
  }
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace

HashRing::HashRing(std::span<const uint32_t> shards) {
  MAGNETITE_CHECK(!shards.empty());
  points_.reserve(shards.size() * kPointsPerShard);
  for (const uint32_t shard : shards)
    for (uint32_t number = 0; number < kPointsPerShard; ++number) points_.emplace_back(point(shard, number), shard);
  std::ranges::sort(points_);
}

uint32_t HashRing::shard_of(std::string_view key) const {
  const uint64_t hash = XXH3_64bits(key.data(), key.size());
  const auto next = std::ranges::upper_bound(points_, hash, {}, &std::pair<uint64_t, uint32_t>::first);
  return next == points_.end() ? points_.front().second : next->second;
}

}  // namespace magnetite::sharding
