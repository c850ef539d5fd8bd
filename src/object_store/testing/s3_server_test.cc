// The conformance suite over a real S3 server, and what happens when that dies. The one who starts it says where it is:
//   MAGNETITE_TEST_S3=http://127.0.0.1:9000 MAGNETITE_TEST_S3_KEY=... MAGNETITE_TEST_S3_SECRET=... object_store_s3_test
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "model/ids.h"
#include "object_store/s3/s3_client.h"
#include "object_store/s3/s3_store.h"
#include "object_store/testing/conformance.h"
#include "object_store/testing/text.h"

namespace magnetite::object_store::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

S3Settings settings_of(std::string bucket) {
  return {.bucket = std::move(bucket),
          .keys = S3Keys{environment("MAGNETITE_TEST_S3_KEY"), environment("MAGNETITE_TEST_S3_SECRET")},
          .endpoint = environment("MAGNETITE_TEST_S3"),
          .addressing = S3Addressing::kPath};
}

std::string new_name() { return "test-" + model::Uuid::random().text(); }

void make_bucket(Executor& executor, const std::string& bucket) {
  s3::S3Client client(settings_of(bucket), executor);
  const auto made = client.call({.method = "PUT", .effect = s3::Effect::kSame});
  ASSERT_TRUE(made) << made.error().describe();
}

// Part sizes as in production: servers refuse small ones.
class FreshBucket final : public StoreUnderTest {
 public:
  explicit FreshBucket(S3StoreLimits limits = {}) {
    make_bucket(*executor_, bucket_);
    store_ = make_s3_store(settings_of(bucket_), *executor_, limits);
  }
  ObjectStore& store() override { return *store_; }
  Executor& executor() { return *executor_; }
  const std::string& bucket() const { return bucket_; }

 private:
  const std::string bucket_ = new_name();
  const std::unique_ptr<Executor> executor_ = make_thread_executor();
  std::unique_ptr<ObjectStore> store_;
};

const StoreKind kServer{"s3", [] { return std::make_unique<FreshBucket>(); }};
INSTANTIATE_TEST_SUITE_P(All, ObjectStoreConformance, ::testing::Values(kServer), name_of_kind);

class S3Server : public ::testing::Test {
 protected:
  // Tells the one who started the server what to do with it, and waits until that is done.
  static void tell(std::string_view order) {
    std::cout << "order: " << order << std::endl;
    std::string answer;
    ASSERT_TRUE(std::getline(std::cin, answer));
    ASSERT_EQ(answer, "done");
  }
  static void make_bucket_where_lost(FreshBucket& bucket) {
    if (!bucket.store().check()) make_bucket(bucket.executor(), bucket.bucket());
  }
  static Error check_error(S3Settings settings) {
    const auto executor = make_thread_executor();
    const auto checked = make_s3_store(std::move(settings), *executor)->check();
    return checked ? Error(ErrorCode::kInternal, "usable") : checked.error();
  }
};

TEST_F(S3Server, AWrongKeyIsRefusedClearly) {
  S3Settings settings = settings_of(FreshBucket().bucket());
  settings.keys->access_key_id = "nobody";
  EXPECT_EQ(check_error(settings).code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(check_error(settings).message(), HasSubstr("--aws-access-key-id"));
}

TEST_F(S3Server, AWrongSecretIsRefusedClearly) {
  S3Settings settings = settings_of(FreshBucket().bucket());
  settings.keys->secret_access_key = "wrong";
  EXPECT_EQ(check_error(settings).code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(check_error(settings).message(), HasSubstr("--aws-secret-access-key"));
}

TEST_F(S3Server, AMissingBucketIsRefusedClearly) {
  const Error error = check_error(settings_of("no-such-bucket"));
  EXPECT_EQ(error.code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(error.message(), HasSubstr("--bucket"));
  const auto executor = make_thread_executor();
  const auto store = make_s3_store(settings_of("no-such-bucket"), *executor);
  EXPECT_EQ(store->get(ObjectPath({"x"})).error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(store->put(ObjectPath({"x"}), bytes("x")).error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(store->remove(ObjectPath({"x"})).error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(store->list({}).error().code(), ErrorCode::kFailedPrecondition);
}

TEST_F(S3Server, ManyThreadsShareFewConnections) {
  FreshBucket bucket;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 64; ++thread)
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 5; ++i) {
          const ObjectPath path({std::to_string(thread), std::to_string(i)});
          ASSERT_TRUE(bucket.store().put(path, bytes(path.text())));
          EXPECT_EQ(text(bucket.store().get(path)), path.text());
        }
      });
  }
  EXPECT_EQ(bucket.store().list({}).value().size(), 320u);
}

// Needs a partner that follows orders: MAGNETITE_TEST_S3_ORDERS=1.
TEST_F(S3Server, CallsOutliveARestartOfTheServer) {
  if (environment("MAGNETITE_TEST_S3_ORDERS").empty()) GTEST_SKIP() << "nobody restarts the server";
  FreshBucket patient({.repeat = seconds(120)});
  FreshBucket hasty({.check = seconds(1), .repeat = seconds(1)});
  const ObjectPath path({"1", "x"});
  ASSERT_TRUE(patient.store().put(path, bytes("before")));
  const auto interrupted = patient.store().start_put(ObjectPath({"1", "large"})).value();
  ASSERT_TRUE(interrupted->append(Bytes(9 << 20)));

  tell("kill");
  EXPECT_EQ(hasty.store().put(path, bytes("x")).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(hasty.store().put_if_absent(path, bytes("x")).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(hasty.store().get(path).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(hasty.store().check().error().code(), ErrorCode::kUnavailable);

  std::jthread waiting([&] {
    const ObjectPath later({"1", "later"});
    // A server that keeps nothing comes back without the bucket: that is made anew below.
    const auto put = patient.store().put(later, bytes("after"));
    EXPECT_TRUE(put || put.error().code() == ErrorCode::kFailedPrecondition) << put.error().describe();
  });
  tell("start");
  waiting.join();
  make_bucket_where_lost(patient);
  ASSERT_TRUE(patient.store().put(path, bytes("after")));
  EXPECT_EQ(text(patient.store().get(path)), "after");
  EXPECT_TRUE(patient.store().put_if_absent(ObjectPath({"1", "new"}), bytes("x")));
}

}  // namespace
}  // namespace magnetite::object_store::testing
