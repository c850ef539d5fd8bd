#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "database/testing/sim_database.h"
#include "query/scan.h"

namespace magnetite::database {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::Rows;
using testing::SimDatabase;
using ::testing::SizeIs;

constexpr Duration kWindow = std::chrono::seconds(300);
constexpr int64_t kSecond = 1'000'000'000;

std::string line(const std::string& tag, int64_t value, int64_t time) {
  return fmt::format("m,t={} v={}i {}\n", tag, value, time);
}

model::LifecycleRules without_persist() {
  model::LifecycleRules rules;
  rules.persist = false;
  return rules;
}

TEST(Lifecycle, AColdPartitionIsCompactedAndPersisted) {
  SimDatabase world(1);
  world.run([&] {
    world.start();
    const int64_t t = world.now_nanos();
    ASSERT_TRUE(world.write(line("a", 1, t) + line("b", 2, t)));
    world.settle();
    EXPECT_THAT(world.stages(), ElementsAre(Pair("OpenMutableBuffer", 1))) << "young rows stay";
    world.advance(kWindow + std::chrono::seconds(31));
    world.settle();
    EXPECT_THAT(world.stages(), ElementsAre(Pair("ReadBufferAndObjectStore", 1)));
    EXPECT_THAT(world.files(), SizeIs(1));
    EXPECT_THAT(world.rows(), SizeIs(2));
    world.stop();
  });
}

TEST(Lifecycle, AChangedWindowTakesEffectOnPartitionsThatAreThere) {
  SimDatabase world(10);
  world.run([&] {
    world.start();
    ASSERT_TRUE(world.write(line("a", 1, world.now_nanos())));
    world.settle();
    world.rules.lifecycle.late_arrive_window_seconds = 5;
    world.database->update_rules(world.rules);
    world.advance(std::chrono::seconds(12));
    world.settle();
    EXPECT_THAT(world.stages(), ElementsAre(Pair("ReadBufferAndObjectStore", 1)));
    world.stop();
  });
}

TEST(Lifecycle, AJobThatIsCancelledBeforeItBeganLeavesItsChunksToTheNext) {
  size_t waited = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SimDatabase world(seed);
    world.run([&] {
      world.start();
      const auto cancel_what_waits = [&] {
        world.database->run_lifecycle();
        const auto jobs = world.jobs->list();
        ASSERT_FALSE(jobs.empty());
        if (jobs.back().state == jobs::JobState::kWaiting) ++waited;
        EXPECT_TRUE(world.jobs->cancel(jobs.back().id));
      };
      ASSERT_TRUE(world.write(line("a", 1, world.now_nanos())));
      world.advance(2 * kWindow);
      cancel_what_waits();
      world.settle();
      for (int round = 0; round < 3; ++round) {  // it is tried again after a while
        world.advance(2 * kWindow);
        world.settle();
      }
      EXPECT_THAT(world.stages(), ElementsAre(Pair("ReadBufferAndObjectStore", 1))) << seed;
      ASSERT_TRUE(world.write(line("a", 2, world.now_nanos())));
      world.advance(2 * kWindow);
      cancel_what_waits();
      world.stop();  // waits for every job
    });
  }
  EXPECT_GT(waited, 5u) << "which of them begin at once is the scheduler's choice";
}

TEST(Lifecycle, ACreationThatWasInterruptedIsFinishedAtTheNextStart) {
  SimDatabase world(11);
  world.run([&] {
    world.mark_created();  // its rules are there, its catalog is not
    world.start();
    ASSERT_TRUE(world.write(line("a", 1, world.now_nanos())));
    EXPECT_THAT(world.rows(), SizeIs(1));
    world.stop();
  });
}

TEST(Lifecycle, WithoutPersistAColdPartitionIsCompactedOnly) {
  SimDatabase world(2, without_persist());
  world.run([&] {
    world.start();
    ASSERT_TRUE(world.write(line("a", 1, world.now_nanos())));
    world.advance(2 * kWindow);
    world.settle();
    EXPECT_THAT(world.stages(), ElementsAre(Pair("ReadBuffer", 1)));
    EXPECT_THAT(world.files(), IsEmpty());
    world.stop();
  });
}

TEST(Lifecycle, AfterARestartPersistedRowsComeFromTheStoreAndOthersFromTheLog) {
  SimDatabase world(3);
  world.run([&] {
    world.start();
    const int64_t t = world.now_nanos();
    ASSERT_TRUE(world.write(line("a", 1, t)));
    world.advance(2 * kWindow);
    world.settle();
    ASSERT_TRUE(world.write(line("a", 2, t + kSecond) + line("a", 3, t)));
    world.crash();
    world.start();
    EXPECT_THAT(world.stages(), ElementsAre(Pair("ObjectStoreOnly", 1), Pair("OpenMutableBuffer", 1)));
    EXPECT_THAT(world.rows(), ElementsAre(Pair(Pair("a", t), 3), Pair(Pair("a", t + kSecond), 2)));
    world.stop();
  });
}

TEST(Lifecycle, TheLogIsTrimmedOnceItsRowsArePersisted) {
  SimDatabase world(4);
  world.run([&] {
    world.start();
    const auto log_bytes = [&] { return world.database->log_status().bytes_on_disk; };
    uint64_t most = 0;
    for (int round = 0; round < 12; ++round) {
      std::string lines;
      for (int i = 0; i < 800; ++i) lines += line("tag" + std::to_string(i), i, world.now_nanos() + i);
      ASSERT_TRUE(world.write(lines));
      world.advance(2 * kWindow);
      world.settle();
      most = std::max(most, log_bytes());
    }
    EXPECT_LT(most, 12 * 64 * 1024u) << "endless load needs no endless disk";
    world.stop();
  });
}

// Rows that are written over and over need no more memory, so no other limit would end this.
TEST(Lifecycle, TheLogOfADatabaseThatPersistsNothingEndsAtItsBound) {
  SimDatabase world(11, without_persist());
  world.log_bytes_max = 512 * 1024;
  world.run([&] {
    world.start();
    const int64_t t = world.now_nanos();
    EXPECT_EQ(world.database->log_bytes_max(), world.log_bytes_max);
    Result<WriteReport> outcome;
    int64_t acknowledged = 0;
    for (int64_t i = 1; i < 10'000; ++i) {
      outcome = world.write(line(std::string(2'000, 'a'), i, t));
      if (!outcome) break;
      acknowledged = i;
    }
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code(), ErrorCode::kResourceExhausted);
    EXPECT_THAT(outcome.error().message(), ::testing::HasSubstr("--log-bytes-max"));
    EXPECT_LE(world.database->log_status().bytes_on_disk, world.log_bytes_max + 64 * 1024) << "a segment at most above";
    world.start();
    EXPECT_THAT(world.rows(), ElementsAre(Pair(Pair(std::string(2'000, 'a'), t), acknowledged)));

    world.rules.lifecycle.persist = true;
    world.database->update_rules(world.rules);
    EXPECT_EQ(world.database->log_bytes_max(), std::nullopt);
    world.advance(kWindow + std::chrono::seconds(31));
    world.settle();
    EXPECT_LT(world.database->log_status().bytes_on_disk, world.log_bytes_max / 2) << "what is persisted is trimmed";
    EXPECT_TRUE(world.write(line("b", 1, t)));
    world.stop();
  });
}

TEST(Lifecycle, DroppedChunksGiveTheLogsRoomBack) {
  SimDatabase world(12, without_persist());
  world.log_bytes_max = 512 * 1024;
  world.run([&] {
    world.start();
    const int64_t t = world.now_nanos();
    while (world.write(line(std::string(2'000, 'a'), 1, t))) {
    }
    for (const ChunkInfo& chunk : world.database->chunks()) {
      const lifecycle::Action close{
          chunk.address.table, chunk.address.partition_key, lifecycle::Close{chunk.address.chunk}, {}};
      ASSERT_TRUE(world.database->lifecycle().perform(close));
      const lifecycle::Action drop{
          chunk.address.table, chunk.address.partition_key, lifecycle::Drop{chunk.address.chunk}, {}};
      ASSERT_TRUE(world.database->lifecycle().perform(drop));
    }
    EXPECT_TRUE(world.write(line("b", 1, t)));
    world.start();
    EXPECT_THAT(world.rows(), ElementsAre(Pair(Pair("b", t), 1))) << "what was dropped does not come back";
    world.stop();
  });
}

TEST(Lifecycle, AStoreThatFailsForAnHourLosesNothing) {
  SimDatabase world(5);
  world.run([&] {
    world.start();
    const int64_t t = world.now_nanos();
    ASSERT_TRUE(world.write(line("a", 1, t)));
    world.store.fail_by_chance({.not_done_percent = 100});
    for (int minute = 0; minute < 60; ++minute) {
      world.advance(std::chrono::minutes(1));
      world.settle();
    }
    EXPECT_THAT(world.rows(), SizeIs(1));
    EXPECT_THAT(world.files(), IsEmpty());
    world.store.clear_faults();
    world.advance(std::chrono::minutes(6));
    world.settle();
    EXPECT_THAT(world.stages(), ElementsAre(Pair("ReadBufferAndObjectStore", 1)));
    EXPECT_THAT(world.rows(), ElementsAre(Pair(Pair("a", t), 1)));
    world.stop();
  });
}

TEST(Lifecycle, EachStateThatAChunkCameIntoIsCounted) {
  model::LifecycleRules rules;
  rules.buffer_bytes_soft = 1;
  SimDatabase world(6, rules);
  world.run([&] {
    world.start();
    ASSERT_TRUE(world.write(line("a", 1, world.now_nanos())));
    world.advance(2 * kWindow);
    world.settle();
    world.settle();
    ASSERT_THAT(world.stages(), ElementsAre(Pair("ObjectStoreOnly", 1)));
    const ChunkEventCounts events = world.database->chunk_events();
    const auto of = [&](ChunkEvent event) { return events[static_cast<size_t>(event)]; };
    for (const ChunkEvent event : {ChunkEvent::kOpen, ChunkEvent::kClosed, ChunkEvent::kWritingObjectStore,
                                   ChunkEvent::kPersisted, ChunkEvent::kInStoreOnly})
      EXPECT_EQ(of(event).count, 1U) << to_string(event);
    EXPECT_GT(of(ChunkEvent::kClosed).bytes, 0U);
    const StorageTally stored =
        world.database->chunk_tally()[static_cast<size_t>(query::ChunkStorage::kObjectStoreOnly)];
    EXPECT_EQ(stored.chunks, 1U);
    EXPECT_EQ(stored.rows, 1U);
    EXPECT_EQ(stored.stored_bytes, of(ChunkEvent::kInStoreOnly).bytes);
    world.stop();
  });
}

TEST(Lifecycle, UnderMemoryPressurePersistedChunksAreUnloadedAndStayQueryable) {
  model::LifecycleRules rules;
  rules.buffer_bytes_soft = 1;
  SimDatabase world(6, rules);
  world.run([&] {
    world.start();
    ASSERT_TRUE(world.write(line("a", 1, world.now_nanos())));
    world.advance(2 * kWindow);
    world.settle();
    world.settle();
    EXPECT_THAT(world.stages(), ElementsAre(Pair("ObjectStoreOnly", 1)));
    EXPECT_THAT(world.rows(), SizeIs(1));
    world.stop();
  });
}

TEST(Lifecycle, FilesThatNothingNamesAreRemovedAndOthersKept) {
  SimDatabase world(9);
  world.run([&] {
    world.start();
    ASSERT_TRUE(world.write(line("a", 1, world.now_nanos())));
    world.advance(2 * kWindow);
    world.settle();
    const std::vector<std::string> live = world.files();
    ASSERT_THAT(live, SizeIs(1));
    auto stray = *object_store::ObjectPath::parse(live[0]);
    stray = object_store::ObjectPath({stray.parts().begin(), stray.parts().end() - 1}) / "9.stray.parquet";
    ASSERT_TRUE(world.memory_store->put(stray, {}));
    world.advance(std::chrono::seconds(2 * world.rules.worker_cleanup_avg_sleep_seconds));
    world.settle();
    world.advance(std::chrono::seconds(2 * world.rules.worker_cleanup_avg_sleep_seconds));
    world.settle();
    EXPECT_EQ(world.files(), live);
    EXPECT_THAT(world.rows(), SizeIs(1));
    world.stop();
  });
}

TEST(Lifecycle, MemoryIsGivenBackWhenTheDatabaseGoes) {
  SimDatabase world(7);
  world.run([&] {
    world.start();
    ASSERT_TRUE(world.write(line("a", 1, world.now_nanos())));
    EXPECT_GT(world.gauge.bytes(), 0u);
    world.advance(2 * kWindow);
    world.settle();
    world.stop();
    EXPECT_EQ(world.gauge.bytes(), 0u);
  });
}

TEST(Lifecycle, ManyBurstsOfLateRowsLeaveFewFilesAndNoIdentityTwice) {
  SimDatabase world(8);
  world.run([&] {
    world.start();
    const int64_t t = world.now_nanos();
    for (int burst = 0; burst < 60; ++burst) {
      ASSERT_TRUE(world.write(line("a", burst, t) + line("b" + std::to_string(burst), burst, t + burst)));
      world.advance(2 * kWindow);
      world.settle();
    }
    world.advance(std::chrono::hours(24));
    world.settle();
    const auto stages = world.stages();
    size_t chunks = 0;
    for (const auto& [stage, count] : stages) chunks += count;
    EXPECT_EQ(chunks, 1u) << "a quiet partition has no two files with one identity";
    EXPECT_THAT(world.rows(), SizeIs(61));
    EXPECT_EQ((world.rows()[{"a", t}]), 59);
    world.stop();
  });
}

// Reads every row of `m`; the first error.
Result<> read_all(SimDatabase& world) {
  query::ScanRequest request;
  MAGNETITE_TRY(request.table, world.database->snapshot("m"));
  MAGNETITE_RETURN_IF_ERROR(query::open_stored(request.table, model::TimeRange::all()));
  request.columns = request.table.schema->columns_by_name();
  const auto plan = query::plan_scan(std::move(request), std::make_shared<query::ScanControl>());
  for (size_t morsel = 0; morsel < plan->morsel_count(); ++morsel) {
    MAGNETITE_TRY(const auto reader, plan->open(morsel));
    while (true) {
      MAGNETITE_TRY(const auto batch, reader->next());
      if (!batch) break;
    }
  }
  return {};
}

// A file of rows that are in no memory and no log any more.
std::string only_file(SimDatabase& world) {
  world.start();
  EXPECT_TRUE(world.write(line("a", 1, world.now_nanos())));
  world.advance(2 * kWindow);
  world.settle();
  world.stop();
  world.start();
  const std::vector<std::string> files = world.files();
  EXPECT_THAT(files, SizeIs(1));
  return files.front();
}

TEST(Lifecycle, AFileThatIsGoneIsNamedAndIsInNobodysWay) {
  SimDatabase world(10);
  world.run([&] {
    const std::string file = only_file(world);
    const auto path = object_store::ObjectPath::parse(file).value();
    const auto bytes = world.memory_store->get(path).value();
    ASSERT_TRUE(world.memory_store->remove(path));
    const Result<> read = read_all(world);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message(), ::testing::HasSubstr(file));
    EXPECT_TRUE(world.write(line("b", 2, world.now_nanos())));
    world.advance(2 * kWindow);
    world.settle();
    ASSERT_TRUE(world.memory_store->put(path, bytes));  // an operator found it again
    world.stop();
    world.start();
    EXPECT_THAT(world.rows(), SizeIs(2));
    world.stop();
  });
}

TEST(Lifecycle, AFileWithFlippedBitsIsAnErrorAndNeverAWrongRow) {
  SimDatabase world(11);
  world.run([&] {
    const auto path = object_store::ObjectPath::parse(only_file(world)).value();
    const auto good = world.memory_store->get(path).value();
    for (size_t at = 0; at < good.size(); at += 13) {
      auto bad = good;
      bad[at] ^= std::byte{0x10};
      ASSERT_TRUE(world.memory_store->put(path, bad));
      world.stop();
      world.start();
      const Result<> read = read_all(world);
      if (read) {
        EXPECT_THAT(world.rows(), SizeIs(1)) << at;
      } else {
        EXPECT_EQ(read.error().code(), ErrorCode::kCorruption) << at;
      }
      EXPECT_EQ(world.memory_store->get(path).value(), bad) << "nothing is removed because it could not be read";
    }
    world.stop();
  });
}

TEST(Lifecycle, ADatabaseThatAnotherServerTookOverRefusesWritesAndLosesNothing) {
  SimDatabase world(9);
  world.run([&] {
    world.start();
    const int64_t t = world.now_nanos();
    ASSERT_TRUE(world.write(line("a", 1, t)));
    const auto other = catalog::Catalog::open({world.store, world.executor, SimDatabase::folder(), world.rules.uuid});
    ASSERT_TRUE(other) << other.error().describe();
    world.advance(2 * kWindow);
    world.settle();  // tries to persist, and learns of it
    const auto refused = world.write(line("b", 2, t + 1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(refused.error().message(), ::testing::HasSubstr("another server has taken over"));
    EXPECT_THAT(world.database->problem(), ::testing::HasSubstr("another server has taken over"));
    EXPECT_EQ((world.rows()[{"a", t}]), 1) << "what was written stays readable";
    world.stop();
  });
}

}  // namespace
}  // namespace magnetite::database
