#include "database/chunk_counters.h"

#include <gtest/gtest.h>

namespace magnetite::database {
namespace {

TEST(ChunkCounters, SizesFallIntoTheirBuckets) {
  ChunkCounters counters;
  for (const uint64_t bytes : {uint64_t{0}, uint64_t{1} << 10, (uint64_t{1} << 10) + 1, (uint64_t{1} << 30) + 1})
    counters.count(ChunkEvent::kMoved, bytes);
  const ChunkEventCount moved = counters.counts()[static_cast<size_t>(ChunkEvent::kMoved)];
  EXPECT_EQ(moved.count, 4U);
  EXPECT_EQ(moved.bytes, (uint64_t{1} << 11) + 1 + (uint64_t{1} << 30) + 1);
  EXPECT_EQ(moved.by_size.front(), 2U);
  EXPECT_EQ(moved.by_size[1], 1U);
  EXPECT_EQ(moved.by_size.back(), 1U);
  EXPECT_EQ(counters.counts()[static_cast<size_t>(ChunkEvent::kOpen)].count, 0U);
}

}  // namespace
}  // namespace magnetite::database
