#include "persistence/checkpoint_builder.h"

#include <gtest/gtest.h>

#include "persistence/testing/ranges.h"

namespace magnetite::persistence {
namespace {

using testing::persisted;
using testing::range;
using testing::ranges;

const PartitionCheckpoint kOwn{
    {.bytes = {1}},
    "cpu",
    "2026-11-25",
    ranges({{1, range(100, 140)}, {2, range(7, 9)}, {3, persisted(50)}, {4, persisted(60)}, {5, range(30, 44)}}),
    1000};

TEST(PersistCheckpointBuilder, AloneThePartitionIsTheDatabase) {
  const auto built = PersistCheckpointBuilder(kOwn).build();
  EXPECT_EQ(built.partition, kOwn);
  EXPECT_EQ(built.database, (DatabaseCheckpoint{kOwn.log_id, kOwn.ranges}));
}

TEST(PersistCheckpointBuilder, OthersWidenTheDatabaseOnly) {
  PersistCheckpointBuilder builder(kOwn);
  builder.register_other_partition(ranges({{2, range(4, 12)},
                                           {3, range(41, 48)},
                                           {4, persisted(66)},
                                           {5, persisted(47)},
                                           {6, persisted(3)},
                                           {7, range(9, 9)}}));
  builder.register_other_partition(kOwn.ranges);  // harmless
  const auto built = std::move(builder).build();
  EXPECT_EQ(built.partition, kOwn);
  EXPECT_EQ(built.database.ranges, ranges({{1, range(100, 140)},
                                           {2, range(4, 12)},
                                           {3, range(41, 50)},
                                           {4, persisted(66)},
                                           {5, range(30, 47)},
                                           {6, persisted(3)},
                                           {7, range(9, 9)}}));
}

}  // namespace
}  // namespace magnetite::persistence
