#include "object_store/testing/faulty_store.h"

#include <gmock/gmock.h>

#include "base/sim/sim_executor.h"
#include "object_store/memory/memory_store.h"
#include "object_store/testing/text.h"

namespace magnetite::object_store::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const ObjectPath kPath({"a", "x"});

class FaultyStoreTest : public ::testing::Test {
 protected:
  const std::unique_ptr<ObjectStore> inner_ = make_memory_store();
  FaultyStore store_{*inner_};
};

TEST_F(FaultyStoreTest, NotDoneMeansNothingHappened) {
  store_.fail_next({.call = StoreCall::kPut});
  EXPECT_EQ(store_.put(kPath, bytes("v")).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(inner_->get(kPath).error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(store_.put(kPath, bytes("v")));
  store_.fail_next({.call = StoreCall::kPut, .code = ErrorCode::kResourceExhausted});
  EXPECT_EQ(store_.put(kPath, bytes("w")).error().code(), ErrorCode::kResourceExhausted);
}

TEST_F(FaultyStoreTest, UnclearMayBeDoneOrNot) {
  store_.fail_next({.call = StoreCall::kPutIfAbsent, .effect = StoreFaultEffect::kUnclearDone});
  EXPECT_EQ(store_.put_if_absent(kPath, bytes("v")).error().code(), ErrorCode::kUnclear);
  EXPECT_EQ(text(inner_->get(kPath)), "v");
  store_.fail_next({.call = StoreCall::kRemove, .effect = StoreFaultEffect::kUnclearNotDone});
  EXPECT_EQ(store_.remove(kPath).error().code(), ErrorCode::kUnclear);
  EXPECT_EQ(text(inner_->get(kPath)), "v");
  store_.fail_next({.call = StoreCall::kPutIfAbsent, .effect = StoreFaultEffect::kUnclearDone});
  EXPECT_EQ(store_.put_if_absent(kPath, bytes("w")).error().code(), ErrorCode::kAlreadyExists);
  store_.fail_next({.call = StoreCall::kGet, .effect = StoreFaultEffect::kUnclearDone});
  EXPECT_EQ(store_.get(kPath).error().code(), ErrorCode::kUnavailable);
}

TEST_F(FaultyStoreTest, StreamsFailAtEachOfTheirSteps) {
  store_.fail_next({.call = StoreCall::kStartPut});
  EXPECT_EQ(store_.start_put(kPath).error().code(), ErrorCode::kUnavailable);
  store_.fail_next({.call = StoreCall::kAppend});
  EXPECT_EQ(store_.start_put(kPath).value()->append(bytes("v")).error().code(), ErrorCode::kUnavailable);
  store_.fail_next({.call = StoreCall::kCommit, .effect = StoreFaultEffect::kUnclearDone});
  const auto writer = store_.start_put(kPath).value();
  ASSERT_TRUE(writer->append(bytes("v")));
  EXPECT_EQ(writer->commit().error().code(), ErrorCode::kUnclear);
  EXPECT_EQ(text(inner_->get(kPath)), "v");
}

TEST_F(FaultyStoreTest, CorruptBytesDifferInOneBit) {
  ASSERT_TRUE(store_.put(kPath, bytes("hello")));
  store_.fail_next({.call = StoreCall::kGet, .effect = StoreFaultEffect::kCorrupt});
  const Bytes found = store_.get(kPath).value();
  int bits = 0;
  for (size_t i = 0; i < found.size(); ++i) bits += std::popcount(static_cast<uint8_t>(found[i] ^ bytes("hello")[i]));
  EXPECT_EQ(bits, 1);
  EXPECT_EQ(text(store_.get(kPath)), "hello");
}

TEST_F(FaultyStoreTest, AMissingObjectIsThereTheNextTime) {
  ASSERT_TRUE(store_.put(kPath, bytes("hello")));
  store_.fail_next({.effect = StoreFaultEffect::kMissing, .count = 2});
  EXPECT_EQ(store_.get(kPath).error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(store_.list({}).value(), IsEmpty());
  EXPECT_THAT(store_.list({}).value(), SizeIs(1));
}

TEST_F(FaultyStoreTest, FaultsChooseCallPathAndMoment) {
  store_.fail_next({.call = StoreCall::kPut, .count = 2, .after = 1, .path_part = "txn"});
  EXPECT_TRUE(store_.put(kPath, bytes("v")));
  EXPECT_TRUE(store_.put(ObjectPath({"txn", "1"}), bytes("v")));
  EXPECT_TRUE(store_.put(kPath, bytes("v")));
  EXPECT_TRUE(store_.get(ObjectPath({"txn", "1"})));
  EXPECT_FALSE(store_.put(ObjectPath({"txn", "2"}), bytes("v")));
  EXPECT_FALSE(store_.put(ObjectPath({"txn", "2"}), bytes("v")));
  EXPECT_TRUE(store_.put(ObjectPath({"txn", "2"}), bytes("v")));
  EXPECT_EQ(store_.calls(StoreCall::kPut), 6u);
  EXPECT_EQ(store_.calls(StoreCall::kAny), 7u);
  EXPECT_EQ(store_.faults_used(), 2u);
}

TEST(FaultyStore, SlowCallsTakeSimulatedTime) {
  sim::SimExecutor executor(1);
  const auto inner = make_memory_store(executor.clock());
  FaultyStore store(*inner, {.executor = &executor});
  store.fail_next({.call = StoreCall::kPut, .effect = StoreFaultEffect::kSlow, .delay = std::chrono::seconds(3)});
  executor.run([&] {
    const MonoTime start = executor.clock().mono_now();
    EXPECT_TRUE(store.put(kPath, bytes("v")));
    EXPECT_EQ(executor.clock().mono_now() - start, std::chrono::seconds(3));
  });
}

// Which of 200 puts and gets failed, and how.
std::string run(uint64_t seed) {
  const auto inner = make_memory_store();
  FaultyStore store(*inner, {.seed = seed});
  store.fail_by_chance({.not_done_percent = 10, .unclear_done_percent = 10, .corrupt_percent = 10});
  std::string outcome;
  for (int i = 0; i < 200; ++i) {
    const ObjectPath path({std::to_string(i)});
    const auto put = store.put(path, bytes("value"));
    outcome += put ? "." : to_string(put.error().code());
    outcome += text(store.get(path));
  }
  return outcome;
}

TEST(FaultyStore, ASeedRepeatsItsFaults) {
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

}  // namespace
}  // namespace magnetite::object_store::testing
