#include "sharding/hash_ring.h"

#include <gmock/gmock.h>

#include <map>
#include <string>

namespace magnetite::sharding {
namespace {

constexpr size_t kKeys = 20'000;

std::vector<uint32_t> shards_of_keys(const std::vector<uint32_t>& shards) {
  const HashRing ring(shards);
  std::vector<uint32_t> found;
  for (size_t i = 0; i < kKeys; ++i) found.push_back(ring.shard_of("key" + std::to_string(i)));
  return found;
}

// These bytes were written once and hold for every version and machine: docs/formats/sharding.md.
TEST(HashRing, IsStableAcrossVersions) {
  const HashRing ring(std::vector<uint32_t>{1, 2, 3});
  std::string found;
  for (const char* key : {"", "a", "cpu\xff", "mem\xff", "cpu\xffwest\xff", "cpu\xff\xff", "\xff"})
    found += std::to_string(ring.shard_of(key));
  EXPECT_EQ(found, "1132323");
}

TEST(HashRing, ItsOrderDoesNotMatter) { EXPECT_EQ(shards_of_keys({1, 2, 3}), shards_of_keys({3, 1, 2})); }

TEST(HashRing, AShardThatComesTakesKeysFromOthersAndMovesNoneBetweenThem) {
  const auto before = shards_of_keys({1, 2, 3});
  const auto after = shards_of_keys({1, 2, 3, 4});
  int moved = 0;
  for (size_t i = 0; i < kKeys; ++i) {
    if (before[i] == after[i]) continue;
    ASSERT_EQ(after[i], 4u) << i;
    ++moved;
  }
  EXPECT_NEAR(moved, kKeys / 4, kKeys / 12);
}

TEST(HashRing, AShardThatGoesGivesItsKeysToOthersAndMovesNoOther) {
  const auto before = shards_of_keys({1, 2, 3});
  const auto after = shards_of_keys({1, 3});
  for (size_t i = 0; i < kKeys; ++i) {
    ASSERT_NE(after[i], 2u);
    if (before[i] == 2) continue;
    ASSERT_EQ(before[i], after[i]) << i;
  }
}

TEST(HashRing, ShardsGetNearlyEqualParts) {
  std::vector<uint32_t> shards;
  for (uint32_t shard = 1; shard <= 10; ++shard) shards.push_back(shard);
  std::map<uint32_t, int> counts;
  for (const uint32_t shard : shards_of_keys(shards)) ++counts[shard];
  for (const auto& [shard, count] : counts) EXPECT_NEAR(count, kKeys / 10, kKeys / 25) << shard;
}

}  // namespace
}  // namespace magnetite::sharding
