// What people ask of a partition, whatever the policy thinks.
#include <gmock/gmock.h>

#include "database/testing/sim_database.h"

namespace magnetite::database {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::SimDatabase;
using ::testing::SizeIs;

constexpr auto kWindow = std::chrono::seconds(300);

std::string line(const std::string& tag, int64_t value, int64_t time) {
  return "m,t=" + tag + " v=" + std::to_string(value) + "i " + std::to_string(time) + "\n";
}

TEST(PartitionRequests, ADroppedPartitionIsGoneForGoodWhateverStageItsRowsWereIn) {
  SimDatabase world(13);
  world.run([&] {
    world.start();
    const int64_t t = world.now_nanos();
    ASSERT_TRUE(world.write(line("a", 1, t)));
    world.advance(2 * kWindow);
    world.settle();
    ASSERT_THAT(world.files(), SizeIs(1));
    ASSERT_TRUE(world.write(line("b", 2, t)));
    const ChunkInfo place = world.database->chunks().front();
    const lifecycle::Action drop{place.address.table, place.address.partition_key, lifecycle::DropPartition{},
                                 "asked for"};

    world.store.fail_next(
        {.call = object_store::testing::StoreCall::kPutIfAbsent, .code = ErrorCode::kResourceExhausted});
    EXPECT_FALSE(world.database->lifecycle().perform(drop));
    EXPECT_THAT(world.rows(), SizeIs(2)) << "all or nothing";

    ASSERT_TRUE(world.database->lifecycle().perform(drop));
    EXPECT_THAT(world.rows(), IsEmpty());
    ASSERT_TRUE(world.write(line("c", 3, t)));
    world.start();
    EXPECT_THAT(world.rows(), ElementsAre(Pair(Pair("c", t), 3))) << "neither file nor log brings them back";
    world.stop();
  });
}

TEST(PartitionRequests, WhoAsksGetsAPartitionPersistedAndItsFilesCompacted) {
  SimDatabase world(14);
  world.run([&] {
    world.start();
    const int64_t t = world.now_nanos();
    const auto ask = [&](auto what) {
      const ChunkInfo place = world.database->chunks().front();
      const auto job =
          world.database->lifecycle().perform({place.address.table, place.address.partition_key, what, "asked for"});
      ASSERT_TRUE(job) << job.error().describe();
      ASSERT_TRUE(*job);
      EXPECT_EQ(world.jobs->wait(**job, kNever)->state, jobs::JobState::kSucceeded);
    };
    for (int i = 1; i <= 3; ++i) {
      ASSERT_TRUE(world.write(line("a", i, t + i)));
      ask(lifecycle::Persist{});
    }
    EXPECT_THAT(world.files(), SizeIs(3));
    ask(lifecycle::CompactPartition{});
    EXPECT_THAT(world.stages(), SizeIs(1));
    EXPECT_THAT(world.rows(), SizeIs(3));
    ask(lifecycle::CompactPartition{});  // nothing left to do is no failure
    world.start();
    EXPECT_THAT(world.rows(), SizeIs(3));
    world.stop();
  });
}

}  // namespace
}  // namespace magnetite::database
