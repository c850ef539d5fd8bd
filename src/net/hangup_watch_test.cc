#include "net/hangup_watch.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace magnetite::net {
namespace {

class HangupWatchTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0); }
  void TearDown() override {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  HangupWatch::Watch watch(HangupWatch::Of of) {
    return hangups.watch(ends[0], of, [this] { ++told; });
  }
  // What is due now; the watch itself never ends, so that run() would.
  int told_by_now() {
    io.restart();
    io.poll();
    return told;
  }

  boost::asio::io_context io;
  HangupWatch hangups{io};
  std::array<int, 2> ends{};
  int told = 0;
};

TEST_F(HangupWatchTest, DataIsNoHangup) {
  const auto watched = watch(HangupWatch::Of::kPeer);
  EXPECT_EQ(write(ends[1], "data", 4), 4);
  EXPECT_EQ(told_by_now(), 0);
}

TEST_F(HangupWatchTest, PeerThatSendsNoMoreIsToldOnce) {
  const auto watched = watch(HangupWatch::Of::kPeer);
  EXPECT_EQ(write(ends[1], "data", 4), 4);
  shutdown(ends[1], SHUT_WR);
  EXPECT_EQ(told_by_now(), 1);
  shutdown(ends[0], SHUT_RDWR);
  EXPECT_EQ(told_by_now(), 1);
}

TEST_F(HangupWatchTest, OfBothWaitsForBoth) {
  const auto watched = watch(HangupWatch::Of::kBoth);
  shutdown(ends[1], SHUT_WR);
  EXPECT_EQ(told_by_now(), 0);
  shutdown(ends[0], SHUT_RDWR);
  EXPECT_EQ(told_by_now(), 1);
}

TEST_F(HangupWatchTest, HangupBeforeTheWatchIsTold) {
  shutdown(ends[1], SHUT_WR);
  const auto watched = watch(HangupWatch::Of::kPeer);
  EXPECT_EQ(told_by_now(), 1);
}

TEST_F(HangupWatchTest, EndedWatchIsSilentAndLeavesRoomForTheNext) {
  {
    const auto watched = watch(HangupWatch::Of::kPeer);
  }
  auto again = watch(HangupWatch::Of::kPeer);
  EXPECT_TRUE(again.active());
  again = {};
  shutdown(ends[1], SHUT_WR);
  EXPECT_EQ(told_by_now(), 0);
}

TEST_F(HangupWatchTest, ManyAtOnceAreAllTold) {
  std::vector<std::array<int, 2>> pairs(200);
  std::vector<HangupWatch::Watch> watches;
  for (auto& pair : pairs) {
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
    watches.push_back(hangups.watch(pair[0], HangupWatch::Of::kPeer, [this] { ++told; }));
  }
  for (auto& pair : pairs) ::close(pair[1]);
  while (told < 200 && io.poll() > 0) {
  }
  EXPECT_EQ(told, 200);
  watches.clear();
  for (auto& pair : pairs) ::close(pair[0]);
}

}  // namespace
}  // namespace magnetite::net
