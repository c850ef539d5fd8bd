#include "access/gatekeeper.h"

#include <gmock/gmock.h>

#include "base/sim/sim_disk.h"
#include "base/sim/sim_executor.h"

namespace magnetite::access {
namespace {

class GatekeeperTest : public ::testing::Test {
 protected:
  void run(std::function<void()> main) {
    executor_.run([&] {
      ASSERT_TRUE(disk_.create_directories("data"));
      store_ = TokenStore::open(disk_, executor_.clock(), "data").value();
      main();
    });
  }

  sim::SimExecutor executor_{1};
  sim::SimDisk disk_{&executor_, 1};
  std::unique_ptr<TokenStore> store_;
};

TEST_F(GatekeeperTest, OneThatAsksForNoTokensTakesEverybodyForAnAdmin) {
  Gatekeeper open(executor_.clock());
  EXPECT_FALSE(open.asks_for_tokens());
  for (const char* sent : {"", "Bearer anything", "no scheme at all", "Basic !"})
    EXPECT_TRUE(open.identify({sent}).value()->admin) << sent;
  EXPECT_EQ(open.failures(), 0u);
}

TEST_F(GatekeeperTest, KnowsTokensByEachWayAndCountsTheOthers) {
  run([this] {
    Gatekeeper keeper(executor_.clock(), *store_, std::nullopt);
    const std::string text = store_->create({"r", {.permissions = {{.database = "d", .read = true}}}}).value().text;
    for (const Credentials& sent : {Credentials{"Bearer " + text}, {"Token " + text}, {"", text}})
      EXPECT_TRUE(may_read(**keeper.identify(sent), "d"));
    EXPECT_EQ(keeper.failures(), 0u);
    EXPECT_EQ(keeper.identify({""}).error().code(), ErrorCode::kUnauthenticated);
    EXPECT_EQ(keeper.identify({"Bearer other"}).error().code(), ErrorCode::kUnauthenticated);
    EXPECT_EQ(keeper.identify({"", "other"}).error().code(), ErrorCode::kUnauthenticated);
    EXPECT_EQ(keeper.identify({"Bearer"}).error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(keeper.identify({"other", text}).error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(keeper.identify({""}).error().message(), "the request was not authenticated");
    EXPECT_EQ(keeper.failures(), 6u);
  });
}

TEST_F(GatekeeperTest, TheOperatorsTokenIsAnAdminThatIsNotStored) {
  run([this] {
    Gatekeeper keeper(executor_.clock(), *store_, hash_of("the operator's own"));
    EXPECT_TRUE(keeper.has_admin());
    EXPECT_FALSE(store_->has_admin());
    EXPECT_TRUE(keeper.identify({"", "the operator's own"}).value()->admin);
    EXPECT_FALSE(keeper.identify({"", "the operator's"}));
  });
}

}  // namespace
}  // namespace magnetite::access
