#include "process/cpu_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace magnetite::process {
namespace {

using testing::HasSubstr;

class CpuProfileTest : public testing::Test {
 protected:
  const std::unique_ptr<Executor> executor_ = make_thread_executor();
  CpuProfiler profiler_{*executor_};
};

TEST_F(CpuProfileTest, HasTheHeaderThatPprofReadsAndTheMapOfAddresses) {
  auto profile = profiler_.begin(250);
  ASSERT_TRUE(profile) << profile.error().describe();
  (*profile)->end();
  (*profile)->wait(std::chrono::hours(1));
  const auto bytes = (*profile)->finish();
  ASSERT_TRUE(bytes) << bytes.error().describe();
  std::array<uint64_t, 5> header{};
  ASSERT_GE(bytes->size(), sizeof header);
  std::memcpy(header.data(), bytes->data(), sizeof header);
  EXPECT_EQ(header, (std::array<uint64_t, 5>{0, 3, 0, 4'000, 0}));
  EXPECT_THAT(*bytes, HasSubstr("process_test"));
}

TEST_F(CpuProfileTest, IsTakenOneAtATime) {
  {
    auto first = profiler_.begin(100);
    ASSERT_TRUE(first);
    EXPECT_EQ(profiler_.begin(100).error().code(), ErrorCode::kAlreadyExists);
  }
  EXPECT_TRUE(profiler_.begin(100));
}

TEST_F(CpuProfileTest, EndsWhenTheProcessStops) {
  auto profile = profiler_.begin(100);
  ASSERT_TRUE(profile);
  const Task stopper = executor_->spawn("stopper", [this] { profiler_.stop(); });
  (*profile)->wait(std::chrono::hours(1));
  EXPECT_TRUE((*profile)->finish());
  EXPECT_EQ(profiler_.begin(100).error().code(), ErrorCode::kShutdown);
}

}  // namespace
}  // namespace magnetite::process
