#include "catalog/catalog.h"
#include "catalog/testing/fixture.h"

namespace magnetite::catalog {
namespace {

using namespace testing;
using std::chrono::hours;

StoreFault fault(StoreCall call, StoreFaultEffect effect, const char* path_part = "", uint64_t count = 1) {
  StoreFault fault;
  fault.call = call;
  fault.effect = effect;
  fault.path_part = path_part;
  fault.count = count;
  return fault;
}

using CommitTest = CatalogTest;

TEST_F(CommitTest, CreateCommitOpen) {
  run([&] {
    {
      const auto catalog = create();
      const auto receipt = catalog->commit({{kLog, add("a"), AdvancePartition{partition_at(4)}}, database_at(4)});
      ASSERT_TRUE(receipt.has_value());
      EXPECT_EQ(receipt->state, catalog->state());
      ASSERT_EQ(receipt->added.size(), 1U);
      EXPECT_EQ(*receipt->added[0], add("a").file);
    }
    const auto again = open();
    EXPECT_EQ(paths(*again->state()), std::vector<std::string>{"data/cpu/a.parquet"});
    EXPECT_EQ(again->state()->checkpoint, database_at(4));
    EXPECT_EQ(Catalog::create(place()).error().code(), ErrorCode::kAlreadyExists);
  });
}

TEST_F(CommitTest, CreateIsRefusedWhenOnlyACheckpointIsThere) {
  run([&] {
    write(checkpoint_path(folder_, 8), {});
    EXPECT_EQ(Catalog::create(place()).error().code(), ErrorCode::kAlreadyExists);
    EXPECT_FALSE(memory_->get(transaction_path(folder_, 0)).has_value());
  });
}

TEST_F(CommitTest, ARefusedTransactionHasNoEffectAndWorkGoesOn) {
  run([&] {
    const auto catalog = create();
    EXPECT_EQ(catalog->commit({{add("a"), removal(add("none"))}}).error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(catalog->state()->file_count, 0U);
    EXPECT_TRUE(catalog->commit({{add("a")}}).has_value());
    EXPECT_EQ(catalog->state()->revision, 1U);
    EXPECT_EQ(paths(*load().value().state), paths(*catalog->state()));
  });
}

TEST_F(CommitTest, WhatWasSurelyNotDoneIsSaidAtOnce) {
  run([&] {
    const auto catalog = create();
    store_.fail_next(fault(StoreCall::kPutIfAbsent, StoreFaultEffect::kNotDone));
    EXPECT_EQ(catalog->commit({{add("a")}}).error().code(), ErrorCode::kUnavailable);
    EXPECT_EQ(catalog->status().condition, CatalogCondition::kReady);
    EXPECT_TRUE(catalog->in_use().other_paths.empty());
    EXPECT_TRUE(catalog->commit({{add("a")}}).has_value());
    EXPECT_EQ(load().value().state->file_count, 1U);
  });
}

// The put arrived, its answer did not; then nothing works for an hour.
TEST_F(CommitTest, AnUnclearPutBlocksUntilItIsReadBack) {
  run([&] {
    const auto catalog = create();
    store_.fail_next(fault(StoreCall::kPutIfAbsent, StoreFaultEffect::kUnclearDone));
    store_.fail_next(fault(StoreCall::kPutIfAbsent, StoreFaultEffect::kNotDone, "", 100));
    store_.fail_next(fault(StoreCall::kGet, StoreFaultEffect::kNotDone, "", 200));
    store_.fail_next(fault(StoreCall::kListPage, StoreFaultEffect::kNotDone, "", 100));
    bool done = false;
    const Task commit = executor_.spawn("commit", [&] {
      EXPECT_TRUE(catalog->commit({{add("a")}}).has_value());
      done = true;
    });
    executor_.pause(std::chrono::seconds(60));
    EXPECT_FALSE(done);
    const CatalogStatus status = catalog->status();
    EXPECT_EQ(status.condition, CatalogCondition::kUnresolved);
    EXPECT_GT(status.failed_tries, 3U);
    EXPECT_EQ(catalog->state()->file_count, 0U);
    EXPECT_EQ(catalog->in_use().other_paths, std::vector<std::string>{"data/cpu/a.parquet"});
    executor_.pause(hours(2));
    EXPECT_TRUE(done);
    EXPECT_EQ(catalog->status().condition, CatalogCondition::kReady);
    EXPECT_EQ(load().value().state->revision, 1U);
    EXPECT_EQ(load().value().state->file_count, 1U);
  });
}

TEST_F(CommitTest, AnUnclearPutThatWasNotDoneIsRepeated) {
  run([&] {
    const auto catalog = create();
    store_.fail_next(fault(StoreCall::kPutIfAbsent, StoreFaultEffect::kUnclearNotDone, "", 5));
    EXPECT_TRUE(catalog->commit({{add("a")}}).has_value());
    EXPECT_EQ(load().value().state->revision, 1U);
  });
}

// Between the put and the listing another writer takes the place: the listing has to fail before it may count.
TEST_F(CommitTest, ACommitWaitsForTheListing) {
  run([&] {
    const auto catalog = create();
    store_.fail_next(fault(StoreCall::kListPage, StoreFaultEffect::kNotDone, "", 50));
    const MonoTime began = executor_.clock().mono_now();
    EXPECT_TRUE(catalog->commit({{add("a")}}).has_value());
    EXPECT_GT(executor_.clock().mono_now() - began, std::chrono::minutes(5));
  });
}

TEST_F(CommitTest, AStoreThatIsSlowForAnHourIsWaitedFor) {
  FaultyStore slow(*memory_, {.seed = 1, .executor = &executor_});
  run([&] {
    const auto catalog = unwrap(Catalog::create(place_in(slow)));
    StoreFault hour = fault(StoreCall::kPutIfAbsent, StoreFaultEffect::kSlow);
    hour.delay = hours(1);
    slow.fail_next(hour);
    EXPECT_TRUE(catalog->commit({{add("a")}}).has_value());
    EXPECT_EQ(load().value().state->file_count, 1U);
  });
}

TEST_F(CommitTest, StopEndsAnUnclearCommitAndTheNextStartKnows) {
  run([&] {
    {
      const auto catalog = create();
      store_.fail_next(fault(StoreCall::kPutIfAbsent, StoreFaultEffect::kUnclearDone));
      store_.fail_next(fault(StoreCall::kAny, StoreFaultEffect::kNotDone, "", 1'000'000));
      const Task commit = executor_.spawn(
          "commit", [&] { EXPECT_EQ(catalog->commit({{add("a")}}).error().code(), ErrorCode::kShutdown); });
      executor_.pause(std::chrono::minutes(1));
      catalog->stop();
    }
    store_.clear_faults();
    EXPECT_EQ(open()->state()->file_count, 1U);
  });
}

TEST_F(CommitTest, TwoWritersWithTheSameId) {
  run([&] {
    const auto first = create();
    ASSERT_TRUE(first->commit({{add("a")}}).has_value());
    const auto second = open();
    // The newer one goes on, the older one stops, for good and clearly.
    EXPECT_TRUE(second->commit({{add("b", 2)}}).has_value());
    const auto fenced = first->commit({{add("c", 3)}});
    ASSERT_FALSE(fenced.has_value());
    EXPECT_EQ(fenced.error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_NE(fenced.error().message().find("another server"), std::string::npos);
    EXPECT_EQ(first->status().condition, CatalogCondition::kFenced);
    EXPECT_EQ(first->state()->file_count, 1U);
    EXPECT_FALSE(first->commit({}).has_value());
    EXPECT_FALSE(first->write_checkpoint().has_value());
    EXPECT_FALSE(first->prune().has_value());
    EXPECT_TRUE(second->commit({{removal(add("a"))}}).has_value());
    EXPECT_EQ(paths(*load().value().state), paths(*second->state()));
  });
}

// The late put of a server that died takes the place of the claim: its transaction is part of the history.
TEST_F(CommitTest, ALatePutBeforeTheClaimIsTakenOver) {
  run([&] {
    const auto first = create();
    ASSERT_TRUE(first->commit({{add("a")}}).has_value());
    const auto late = read(transaction_path(folder_, 1));
    ASSERT_TRUE(memory_->remove(transaction_path(folder_, 1)).has_value());
    // The newcomer's first put meets it.
    class Late final : public ObjectStoreRelay {
     public:
      Late(object_store::ObjectStore& inner, ObjectPath object, object_store::Bytes bytes)
          : ObjectStoreRelay(inner), object_(std::move(object)), bytes_(std::move(bytes)) {}
      Result<> put_if_absent(const ObjectPath& path, std::span<const std::byte> bytes) override {
        if (path == object_) static_cast<void>(inner_.put_if_absent(object_, bytes_));
        return inner_.put_if_absent(path, bytes);
      }

     private:
      ObjectPath object_;
      object_store::Bytes bytes_;
    } store(*memory_, transaction_path(folder_, 1), late);
    const auto second = unwrap(Catalog::open(place_in(store)));
    EXPECT_EQ(second->state()->file_count, 1U);
    EXPECT_EQ(second->state()->revision, 2U);
  });
}

// Its revision is free again, so that the put succeeds; only the listing shows that history went on.
TEST_F(CommitTest, AStaleServerWakesUpAfterPruning) {
  run([&] {
    const auto stale = create();
    ASSERT_TRUE(stale->commit({{add("a")}}).has_value());
    {
      const auto other = open();
      for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(other->commit({{add("x" + std::to_string(i), 5)}}).has_value());
        ASSERT_TRUE(other->write_checkpoint().has_value());
      }
    }
    ASSERT_FALSE(memory_->get(transaction_path(folder_, 2)).has_value());
    EXPECT_EQ(stale->commit({{add("stale")}}).error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_EQ(stale->status().condition, CatalogCondition::kFenced);
    EXPECT_TRUE(memory_->get(transaction_path(folder_, 2)).has_value());  // it was put, and means nothing
    EXPECT_EQ(load().value().state->file_count, 5U);
    EXPECT_EQ(open()->state()->file_count, 5U);
  });
}

TEST_F(CommitTest, ClockGoingBackChangesNothing) {
  run([&] {
    const auto catalog = create();
    ASSERT_TRUE(catalog->commit({{add("a")}}).has_value());
    executor_.set_wall_time({1});
    ASSERT_TRUE(catalog->commit({{add("b", 2)}}).has_value());
    ASSERT_TRUE(catalog->write_checkpoint().has_value());
    executor_.set_wall_time({-1});
    EXPECT_EQ(open()->state()->file_count, 2U);
  });
}

TEST_F(CommitTest, CheckpointsBoundWhatIsRead) {
  run([&] {
    CatalogOptions options;
    options.transactions_until_checkpoint = 3;
    ASSERT_NE(create(), nullptr);
    const auto catalog = open(options);
    for (uint64_t n = 0; n < 40; ++n) {
      const auto receipt = catalog->commit({{add(std::to_string(n), n)}});
      ASSERT_TRUE(receipt.has_value());
      if (receipt->checkpoint_due) {
        ASSERT_TRUE(catalog->write_checkpoint().has_value());
      }
      EXPECT_LE(load().value().transactions_read, 3U);
    }
    const Listing listing = list_catalog(*memory_, folder_).value();
    EXPECT_LE(listing.checkpoints.size(), 2U);
    EXPECT_LE(listing.transactions.size(), 6U);
    // Also from the older of the two.
    auto newest = checkpoint_path(folder_, listing.checkpoints.back());
    write(newest, {});
    EXPECT_EQ(content(*load().value().state), content(*catalog->state()));
  });
}

TEST(CheckpointDue, ByTransactionsOrByBytes) {
  EXPECT_FALSE(checkpoint_due({0, 1 << 30, 0}, 100));
  EXPECT_FALSE(checkpoint_due({99, 1000, 100}, 100));
  EXPECT_TRUE(checkpoint_due({100, 1000, 10'000'000}, 100));
  EXPECT_FALSE(checkpoint_due({1, 1'000'000, 2'000'000}, 100));
  EXPECT_TRUE(checkpoint_due({1, 1'000'001, 2'000'000}, 100));
}

TEST_F(CommitTest, ACheckpointThatFailsHarmsNothing) {
  run([&] {
    const auto catalog = create();
    ASSERT_TRUE(catalog->commit({{add("a")}}).has_value());
    store_.fail_next(fault(StoreCall::kPutIfAbsent, StoreFaultEffect::kUnclearDone, "checkpoints"));
    EXPECT_EQ(catalog->write_checkpoint().error().code(), ErrorCode::kUnclear);
    EXPECT_TRUE(catalog->write_checkpoint().has_value());
    EXPECT_TRUE(catalog->commit({{add("b", 2)}}).has_value());
    EXPECT_EQ(load().value().state->file_count, 2U);
  });
}

TEST_F(CommitTest, CommittersTakeTurns) {
  run([&] {
    const auto catalog = create();
    std::vector<Task> tasks;
    for (uint64_t n = 1; n <= 8; ++n)
      tasks.push_back(executor_.spawn(
          "committer", [&catalog, n] { EXPECT_TRUE(catalog->commit({{add(std::to_string(n), n)}}).has_value()); }));
    for (Task& task : tasks) task.join();
    EXPECT_EQ(catalog->state()->revision, 8U);
    EXPECT_EQ(content(*load().value().state), content(*catalog->state()));
  });
}

}  // namespace
}  // namespace magnetite::catalog
