#include "catalog/cleanup.h"

#include <random>

#include "catalog/testing/fixture.h"

namespace magnetite::catalog {
namespace {

using namespace testing;

class CleanupTest : public CatalogTest {
 protected:
  void commit(Catalog& catalog, Transaction transaction) {
    const auto committed = catalog.commit(transaction);
    ASSERT_TRUE(committed.has_value()) << committed.error().describe();
  }
  CleanupReport clean(Catalog& catalog, uint64_t files_max = 1'000) {
    const auto report = run_cleanup_once(catalog, {.files_max = files_max});
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().describe());
    return report.value_or(CleanupReport{});
  }
};

const std::string kA = add("a").file.path;

TEST_F(CleanupTest, NothingToDo) {
  run([&] { EXPECT_EQ(clean(*create()).listed, 0U); });
}

TEST_F(CleanupTest, RemovesWhatNothingRefersTo) {
  run([&] {
    const auto catalog = create();
    write_file(kA);
    write_file("data/cpu/b.parquet");
    write(data_folder(folder_) / "notes.txt", {});
    commit(*catalog, {{add("a")}});
    EXPECT_EQ(clean(*catalog).removed, 1U);
    EXPECT_TRUE(file_exists(kA));
    EXPECT_FALSE(file_exists("data/cpu/b.parquet"));
    EXPECT_TRUE(file_exists("data/notes.txt"));
    EXPECT_EQ(clean(*catalog).removed, 0U);
  });
}

TEST_F(CleanupTest, KeepsFilesBeingWritten) {
  run([&] {
    const auto catalog = create();
    {
      const FileReservation reservation = catalog->reserve(kA);
      write_file(kA);
      EXPECT_EQ(clean(*catalog).removed, 0U);
      commit(*catalog, {{add("a")}});
    }
    EXPECT_EQ(clean(*catalog).removed, 0U);
    {
      const FileReservation given_up = catalog->reserve("data/x.parquet");
      write_file("data/x.parquet");
    }
    EXPECT_EQ(clean(*catalog).removed, 1U);
  });
}

TEST_F(CleanupTest, KeepsRemovedFilesWhileSomebodyReadsThem) {
  run([&] {
    const auto catalog = create();
    write_file(kA);
    FilePointer reader = catalog->commit({{add("a")}}).value().added[0];
    commit(*catalog, {{removal(add("a"))}});
    EXPECT_EQ(clean(*catalog).removed, 0U);
    commit(*catalog, {});
    EXPECT_EQ(clean(*catalog).removed, 0U);
    reader.reset();
    EXPECT_EQ(clean(*catalog).removed, 1U);
  });
}

TEST_F(CleanupTest, ASnapshotKeepsAllItsFiles) {
  run([&] {
    const auto catalog = create();
    write_file(kA);
    commit(*catalog, {{add("a")}});
    auto snapshot = catalog->state();
    commit(*catalog, {{removal(add("a"))}});
    EXPECT_EQ(clean(*catalog).removed, 0U);
    snapshot.reset();
    EXPECT_EQ(clean(*catalog).removed, 1U);
  });
}

TEST_F(CleanupTest, KeepsFilesOfAnUnclearCommitAndRefusesAfterStop) {
  run([&] {
    const auto catalog = create();
    write_file(kA);
    StoreFault unclear;
    unclear.call = StoreCall::kPutIfAbsent;
    unclear.effect = StoreFaultEffect::kUnclearDone;
    store_.fail_next(unclear);
    StoreFault unreadable;
    unreadable.call = StoreCall::kGet;
    unreadable.count = 1'000'000;
    store_.fail_next(unreadable);
    const Task commit_task = executor_.spawn("commit", [&] { static_cast<void>(catalog->commit({{add("a")}})); });
    executor_.pause(std::chrono::minutes(1));
    // A pass that runs meanwhile waits for its turn to ask who owns the catalog.
    const Task pass =
        executor_.spawn("cleanup", [&] { EXPECT_EQ(run_cleanup_once(*catalog).error().code(), ErrorCode::kShutdown); });
    executor_.pause(std::chrono::minutes(1));
    catalog->stop();
  });
  EXPECT_TRUE(file_exists(kA));
}

// The other server has taken over and is about to commit a file that we do not know.
TEST_F(CleanupTest, AStaleServerRemovesNothing) {
  run([&] {
    const auto stale = create();
    const auto other = open();
    const FileReservation reservation = other->reserve(kA);
    write_file(kA);
    EXPECT_EQ(run_cleanup_once(*stale).error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_TRUE(file_exists(kA));
    commit(*other, {{add("a")}});
    EXPECT_EQ(clean(*other).removed, 0U);
  });
}

TEST_F(CleanupTest, StoreFailuresAndBatches) {
  run([&] {
    const auto catalog = create();
    for (int i = 0; i < 5; ++i) write_file("data/" + std::to_string(i) + ".parquet");
    StoreFault listing;
    listing.call = StoreCall::kListPage;
    store_.fail_next(listing);
    EXPECT_FALSE(run_cleanup_once(*catalog).has_value());
    StoreFault once;
    once.call = StoreCall::kRemove;
    store_.fail_next(once);
    StoreFault missing = once;
    missing.code = ErrorCode::kNotFound;
    store_.fail_next(missing);
    const CleanupReport first = clean(*catalog, 3);
    EXPECT_EQ(first.removed, 2U);  // one of them was said to be gone already
    EXPECT_EQ(first.failed, 1U);
    EXPECT_TRUE(first.more);
    EXPECT_EQ(clean(*catalog).removed, 4U);
    EXPECT_FALSE(clean(*catalog).more);
  });
}

// Writers, readers and cleanup at once, in many orders: what the state names is there.
TEST(CleanupBesideCommits, NeverRemovesALiveFile) {
  for (uint64_t seed = 1; seed <= 25; ++seed) {
    sim::SimExecutor executor(seed);
    const auto memory = object_store::make_memory_store(executor.clock());
    FaultyStore store(*memory, {.seed = seed, .executor = &executor});
    const ObjectPath folder{{"1", "db", "uuid"}};
    executor.run([&] {
      const auto catalog = Catalog::create({store, executor, folder, uuid(1)}).value();
      const auto exists = [&](const FileEntry& each) {
        return memory->size(file_object(folder, each.path).value()).has_value();
      };
      int writers_left = 3;
      std::vector<Task> tasks;
      for (uint64_t writer = 0; writer < 3; ++writer)
        tasks.push_back(executor.spawn("writer", [&, writer] {
          std::mt19937_64 random(seed * 100 + writer);
          const std::string table = std::to_string(writer);
          for (uint64_t n = 0; n < 12; ++n) {
            AddFile action = add(std::to_string(n), n, table);
            const FileReservation reservation = catalog->reserve(action.file.path);
            EXPECT_TRUE(
                store.put(file_object(folder, action.file.path).value(), std::vector<std::byte>(4)).has_value());
            executor.yield();
            if (random() % 4 == 0) continue;  // given up
            Transaction transaction{{action}};
            const Table* known = catalog->state()->find(table);
            if (known && random() % 2 == 0)
              for (const FilePointer& old : known->partitions[0]->files)
                transaction.actions.emplace_back(RemoveFile{table, "2026-01-01", old->path});
            EXPECT_TRUE(catalog->commit(transaction).has_value());
          }
          --writers_left;
        }));
      tasks.push_back(executor.spawn("reader", [&] {
        while (writers_left > 0) {
          const auto snapshot = catalog->state();
          executor.yield();
          for_each_file(*snapshot, [&](const Table&, const Partition&, const FilePointer& each) {
            EXPECT_TRUE(exists(*each)) << each->path << " seed " << seed;
          });
        }
      }));
      for (int i = 0; i < 2; ++i)
        tasks.push_back(executor.spawn("cleanup", [&] {
          while (writers_left > 0) EXPECT_TRUE(run_cleanup_once(*catalog).has_value());
        }));
      for (Task& task : tasks) task.join();
      EXPECT_TRUE(run_cleanup_once(*catalog).has_value());
      uint64_t left = memory->list(data_folder(folder)).value().size();
      EXPECT_EQ(left, catalog->state()->file_count);
    });
  }
}

}  // namespace
}  // namespace magnetite::catalog
