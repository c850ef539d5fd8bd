#include "server/router.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "base/mutex.h"
#include "base/sim/sim_executor.h"
#include "object_store/memory/memory_store.h"

namespace magnetite::server {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr model::ServerId kSelf{1};

// What other servers got, by address; some are away, some refuse.
struct Others {
  std::map<std::string, std::string> stored;
  std::set<std::string> away;
  std::map<std::string, Error> refusing;
  std::vector<std::string> asked;
};

class FakeWriter final : public RemoteWriter {
 public:
  explicit FakeWriter(Others& others) : others_(others) {}
  std::expected<uint64_t, Failure> write(const std::string& address, const std::string& database,
                                         std::string_view lines) override {
    EXPECT_EQ(database, "db");
    others_.asked.push_back(address);
    if (others_.away.contains(address))
      return std::unexpected(Failure{false, Error(ErrorCode::kUnavailable, "connection refused")});
    if (const auto refusal = others_.refusing.find(address); refusal != others_.refusing.end())
      return std::unexpected(Failure{true, refusal->second});
    others_.stored[address] += lines;
    return 1;
  }

 private:
  Others& others_;
};

class RouterTest : public ::testing::Test {
 protected:
  void run(std::function<void()> main) { executor_.run(std::move(main)); }
  Result<database::WriteReport> write(const model::RoutingRules& rules, std::string body, bool accept_partial = true) {
    Router router(executor_, remotes_, std::make_unique<FakeWriter>(others_), {template_, {}});
    database::WriteInput input;
    input.body = std::move(body);
    input.accept_partial = accept_partial;
    return router.write(kSelf, "db", *sharding::compile(rules).value(), std::move(input),
                        [&](database::WriteInput part) -> Result<database::WriteReport> {
                          here_ += part.body;
                          return database::WriteReport{};
                        });
  }
  static model::RoutingRules all_to(std::vector<uint32_t> nodes) { return model::RoutingConfig{{std::move(nodes)}}; }
  static model::ShardConfig cpu_and_mem() {
    model::ShardConfig config;
    config.specific_targets = {{"^cpu$", 10}, {"^mem$", 20}};
    config.shards[10] = {{2}};
    config.shards[20] = {{3}};
    return config;
  }

  sim::SimExecutor executor_{1};
  std::unique_ptr<object_store::ObjectStore> store_ = object_store::make_memory_store(executor_.clock());
  Remotes remotes_{*store_};
  Others others_;
  std::string template_ = "http://node-{id}";
  std::string here_;
};

TEST_F(RouterTest, EverythingGoesToTheTargetWithExplicitTimes) {
  run([this] {
    const auto report = write(all_to({2}), "m v=1 7\nm v=2").value();
    EXPECT_EQ(report.lines_accepted, 2u);
    const std::string now = std::to_string(executor_.clock().wall_now().nanos);
    EXPECT_EQ(others_.stored["http://node-2"], "m v=1 7\nm v=2 " + now + "\n");
    EXPECT_EQ(here_, "");
  });
}

TEST_F(RouterTest, LinesGoToTheirShards) {
  run([this] {
    ASSERT_TRUE(write(cpu_and_mem(), "cpu v=1 1\nmem v=2 2\ncpu v=3 3\n"));
    EXPECT_EQ(others_.stored["http://node-2"], "cpu v=1 1\ncpu v=3 3\n");
    EXPECT_EQ(others_.stored["http://node-3"], "mem v=2 2\n");
  });
}

TEST_F(RouterTest, BadLinesAreReportedAndTheOthersSent) {
  run([this] {
    const auto partial = write(cpu_and_mem(), "cpu v=1 1\nbad\ndisk v=1 1\n").value();
    EXPECT_EQ(partial.lines_accepted, 1u);
    EXPECT_EQ(partial.lines_rejected, 2u);
    EXPECT_THAT(partial.errors, SizeIs(2));
    others_.stored.clear();
    const auto whole = write(cpu_and_mem(), "cpu v=1 1\nbad\n", false).value();
    EXPECT_EQ(whole.lines_accepted, 0u);
    EXPECT_EQ(whole.lines_rejected, 2u);
    EXPECT_THAT(others_.stored, IsEmpty());
  });
}

TEST_F(RouterTest, AGroupWithThisServerInItIsHere) {
  run([this] {
    ASSERT_TRUE(write(all_to({2, 1}), "m v=1 7"));
    EXPECT_EQ(here_, "m v=1 7");
    EXPECT_THAT(others_.asked, IsEmpty());
  });
}

TEST_F(RouterTest, RemotesComeBeforeTheTemplate) {
  run([this] {
    ASSERT_TRUE(remotes_.set(kSelf, {2, "http://two"}));
    ASSERT_TRUE(write(all_to({2}), "m v=1 7"));
    EXPECT_THAT(others_.asked, ElementsAre("http://two"));
  });
}

TEST_F(RouterTest, NodesWithoutAnAddressAreNamed) {
  run([this] {
    template_.clear();
    const auto refused = write(all_to({2, 5}), "m v=1 7");
    ASSERT_FALSE(refused);
    EXPECT_EQ(unconfigured(refused.error()), "[ServerId(2), ServerId(5)]");
    EXPECT_THAT(refused.error().message(), HasSubstr("magnetite server remote set"));
    ASSERT_TRUE(remotes_.set(kSelf, {5, "http://five"}));
    EXPECT_TRUE(write(all_to({2, 5}), "m v=1 7")) << "those are passed over while another has one";
  });
}

TEST_F(RouterTest, AllLiveNodesOfAGroupAreUsedAndDeadOnesPassedOver) {
  run([this] {
    others_.away = {"http://node-2"};
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(write(all_to({2, 3, 4}), "m v=1 7"));
    EXPECT_THAT(others_.stored, UnorderedElementsAre(::testing::Key("http://node-3"), ::testing::Key("http://node-4")));
    others_.away = {"http://node-2", "http://node-3", "http://node-4"};
    const auto refused = write(all_to({2, 3, 4}), "m v=1 7");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
  });
}

TEST_F(RouterTest, AServerThatWasReachedIsBelieved) {
  run([this] {
    others_.refusing.emplace("http://node-2", Error(ErrorCode::kUnavailable, "no room"));
    others_.refusing.emplace("http://node-3", Error(ErrorCode::kUnavailable, "no room"));
    const auto refused = write(all_to({2, 3}), "m v=1 7");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
    EXPECT_THAT(refused.error().message(), HasSubstr("no room"));
    EXPECT_THAT(others_.asked, SizeIs(1)) << "it may have stored them";
  });
}

TEST_F(RouterTest, AHalfFailedWriteSaysHowMuchIsStored) {
  run([this] {
    others_.refusing.emplace("http://node-3", Error(ErrorCode::kUnavailable, "no room"));
    const auto refused = write(cpu_and_mem(), "cpu v=1 1\nmem v=2 2\n");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("1 of 2 lines were stored"));
    EXPECT_EQ(others_.stored["http://node-2"], "cpu v=1 1\n");

    model::ShardConfig ignoring = cpu_and_mem();
    ignoring.ignore_errors = true;
    EXPECT_TRUE(write(ignoring, "cpu v=1 1\nmem v=2 2\n"));
  });
}

TEST_F(RouterTest, OtherErrorsAreNotOfUnknownNodes) {
  EXPECT_EQ(unconfigured(Error(ErrorCode::kNotFound, "Database x not found")), std::nullopt);
  EXPECT_EQ(unconfigured(Error(ErrorCode::kFailedPrecondition, "Writer ID must be set")), std::nullopt);
}

}  // namespace
}  // namespace magnetite::server
