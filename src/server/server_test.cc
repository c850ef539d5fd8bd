// How databases are loaded, and what they do to each other.
#include "server/server.h"

#include <gmock/gmock.h>

#include "server/testing/server_fixture.h"

namespace magnetite::server {
namespace {

using object_store::testing::StoreCall;
using object_store::testing::StoreFault;
using ::testing::HasSubstr;
using testing::ServerTest;

TEST_F(ServerTest, ADatabaseWhoseStoreFailsWhileItLoadsIsTriedAgainAndNotInTheWay) {
  run([this] {
    start();
    ASSERT_TRUE(write("bad", "m v=1i 1"));
    ASSERT_TRUE(write("good", "m v=1i 1"));
    stop();

    store_.fail_next({.call = StoreCall::kGet, .count = 5, .path_part = "/bad/"});
    start();
    EXPECT_EQ(server_->status().state, ServerState::kReady);
    EXPECT_TRUE(write("good", "m v=2i 2"));
    EXPECT_EQ(status("bad").state, DatabaseState::kKnown);
    EXPECT_NE(status("bad").error, "");
    EXPECT_FALSE(write("bad", "m v=2i 2")) << "it is not made anew over what is there";

    executor_.advance(std::chrono::minutes(5));
    for (int i = 0; i < 1000 && status("bad").state != DatabaseState::kInitialized; ++i)
      executor_.pause(std::chrono::seconds(1));
    EXPECT_EQ(status("bad").state, DatabaseState::kInitialized);
    EXPECT_EQ(status("bad").error, "");
    EXPECT_EQ(status("bad").rows, 1u);
    EXPECT_TRUE(write("bad", "m v=2i 2"));
    stop();
  });
}

TEST_F(ServerTest, ADatabaseThatIsBrokenIsNotTriedForEver) {
  run([this] {
    start();
    ASSERT_TRUE(write("bad", "m v=1i 1"));
    ASSERT_TRUE(write("good", "m v=1i 1"));
    stop();
    const object_store::ObjectPath rules({"1", "bad", "rules.pb"});
    const std::string garbage = "garbage";
    ASSERT_TRUE(memory_store_->put(rules, std::as_bytes(std::span(garbage))));
    start();
    EXPECT_THAT(status("bad").error, HasSubstr("error deserializing database rules from protobuf"));
    EXPECT_EQ(status("good").state, DatabaseState::kInitialized);
    const uint64_t gets = store_.calls(StoreCall::kGet);
    executor_.pause(std::chrono::minutes(10));
    EXPECT_EQ(store_.calls(StoreCall::kGet), gets);
    stop();
  });
}

TEST_F(ServerTest, ADatabaseThatHangsHoldsUpNoOther) {
  run([this] {
    start();
    const std::vector<std::string> names = {"a", "b", "c", "d", "e"};
    for (const std::string& name : names) ASSERT_TRUE(write(name, "m v=1i 1"));
    stop();
    store_.fail_next({.call = StoreCall::kGet,
                      .effect = object_store::testing::StoreFaultEffect::kSlow,
                      .path_part = "/a/",
                      .delay = std::chrono::hours(1)});
    begin();
    while (status("e").state != DatabaseState::kInitialized) executor_.pause(std::chrono::milliseconds(10));
    for (const std::string& name : names)
      EXPECT_EQ(status(name).state, name == "a" ? DatabaseState::kKnown : DatabaseState::kInitialized) << name;
    EXPECT_EQ(server_->status().state, ServerState::kLoading) << "whether a name is free is known when all are loaded";
    EXPECT_EQ(server_->create_database(model::default_rules("new")).error().code(), ErrorCode::kUnavailable);
    executor_.advance(std::chrono::hours(1));
    while (server_->status().state == ServerState::kLoading) executor_.pause(std::chrono::seconds(1));
    EXPECT_EQ(status("a").state, DatabaseState::kInitialized);
    stop();
  });
}

TEST_F(ServerTest, RulesOfAnotherDatabaseAreRefused) {
  run([this] {
    start();
    ASSERT_TRUE(write("good", "m v=1i 1"));
    stop();
    const auto rules = memory_store_->get(object_store::ObjectPath({"1", "good", "rules.pb"})).value();
    ASSERT_TRUE(memory_store_->put(object_store::ObjectPath({"1", "copy", "rules.pb"}), rules));
    start();
    EXPECT_THAT(status("copy").error, HasSubstr("has the rules of database 'good'"));
    EXPECT_EQ(status("copy").state, DatabaseState::kKnown);
    EXPECT_EQ(status("good").state, DatabaseState::kInitialized);
    stop();
  });
}

TEST_F(ServerTest, AStoreThatCannotBeListedIsAskedAgain) {
  run([this] {
    start();
    ASSERT_TRUE(write("db", "m v=1i 1"));
    stop();
    store_.fail_next({.call = StoreCall::kListPage, .count = 3});
    start();
    EXPECT_EQ(server_->status().error, "");
    EXPECT_EQ(status("db").state, DatabaseState::kInitialized);
    stop();
  });
}

TEST_F(ServerTest, StoppingDoesNotWaitForADatabaseThatDoesNotLoad) {
  run([this] {
    start();
    ASSERT_TRUE(write("bad", "m v=1i 1"));
    stop();
    store_.fail_next({.call = StoreCall::kGet, .count = 1'000'000, .path_part = "/bad/"});
    start();
    stop();
  });
}

TEST_F(ServerTest, ALogThatCannotBeMadeIsNoMissingDatabase) {
  run([this] {
    ASSERT_TRUE(disk_.open("log", OpenMode::kCreate)) << "a file where the folder of the logs should be";
    start();
    const auto written = write("db", "m v=1i 1");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code(), ErrorCode::kUnavailable) << written.error().describe();
    stop();
  });
}

TEST_F(ServerTest, RulesThatCouldNotBeStoredChangeNothing) {
  run([this] {
    start();
    ASSERT_TRUE(server_->create_database(model::default_rules("db")));
    model::DatabaseRules changed = server_->rules("db").value();
    changed.lifecycle.late_arrive_window_seconds = 7;
    store_.fail_next({.call = StoreCall::kPut});
    EXPECT_FALSE(server_->update_rules(changed));
    EXPECT_EQ(server_->rules("db")->lifecycle.late_arrive_window_seconds, 300u);
    EXPECT_EQ(server_->update_rules(changed).value(), changed);
    EXPECT_EQ(server_->rules("db").value(), changed) << "at once";
    stop();
    start();
    EXPECT_EQ(server_->rules("db").value(), changed);
    stop();
  });
}

TEST_F(ServerTest, OperationsOfADummyJobRunAndCanBeCancelled) {
  run([this] {
    start();
    const auto job = server_->start_dummy_job({600'000'000'000, 1});
    ASSERT_TRUE(job);
    executor_.pause(std::chrono::seconds(1));
    EXPECT_EQ(server_->jobs().find(*job)->rows_done, 1u);
    EXPECT_TRUE(server_->jobs().cancel(*job));
    EXPECT_EQ(server_->jobs().wait(*job, kNever)->state, jobs::JobState::kCancelled);
    stop();
  });
}

}  // namespace
}  // namespace magnetite::server
