// What a power cut leaves of the log, at every operation of the disk.
#include <gmock/gmock.h>

#include "write_buffer/testing/sim_log.h"

namespace magnetite::write_buffer {
namespace {

using sim::PowerCutPolicy;
using sim::Survival;
using testing::World;

// Runs the work until the power is cut at the n-th change, then judges twice what is found. False: the work ended
// before.
bool cut_at_change(uint64_t n, const PowerCutPolicy& policy, SyncMode sync = {}) {
  World world(n, sync);
  world.disk.power_off_at_change(n, policy);
  bool was_cut = false;
  world.run([&] {
    world.work();
    world.close();
    was_cut = !world.disk.is_on();
    world.disk.power_off_at_change(0);
    world.disk.power_on();
    if (sync.kind != SyncMode::Kind::kCommit) world.ledger.stored_may_be_lost();
    for (int start = 0; start < 2; ++start) {
      const auto opened = world.open();
      ASSERT_TRUE(opened) << opened.error().message();
      EXPECT_EQ(world.judge(), "");
      EXPECT_TRUE(world.write({70, 70}));
      EXPECT_EQ(world.judge(), "");
      if (start == 1) world.close();
      // Without a clean end: everything acknowledged since must be there again.
      if (start == 0) {
        world.disk.power_cut(policy);
        world.close();
        if (sync.kind != SyncMode::Kind::kCommit) world.ledger.stored_may_be_lost();
      }
    }
  });
  return was_cut;
}

struct CutCase {
  const char* name;
  PowerCutPolicy policy;
};
void PrintTo(const CutCase& each, std::ostream* out) { *out << each.name; }

class PowerCut : public ::testing::TestWithParam<CutCase> {};

TEST_P(PowerCut, AtAnyMomentLosesNothingAcknowledgedAndInventsNothing) {
  uint64_t change = 1;
  for (; cut_at_change(change, GetParam().policy); ++change) ASSERT_FALSE(HasFailure()) << "cut at change " << change;
  EXPECT_GT(change, 60u) << "the work became too small to prove anything";
}

TEST_P(PowerCut, WithoutSyncOnCommitLeavesAPrefix) {
  for (const SyncMode mode :
       {SyncMode{SyncMode::Kind::kInterval, std::chrono::milliseconds(10)}, SyncMode{SyncMode::Kind::kOff, {}}})
    for (uint64_t change = 1; cut_at_change(change, GetParam().policy, mode); ++change)
      ASSERT_FALSE(HasFailure()) << mode.text() << ", cut at change " << change;
}

INSTANTIATE_TEST_SUITE_P(Keeping, PowerCut,
                         ::testing::Values(CutCase{"Everything", {Survival::kAll, Survival::kAll}},
                                           CutCase{"OnlySyncedBytes", {Survival::kNone, Survival::kNone}},
                                           CutCase{"APrefix", {Survival::kPrefix, Survival::kPrefix}},
                                           CutCase{"ASubset", {Survival::kSubset, Survival::kSubset}},
                                           CutCase{"TornSectors", {Survival::kTorn, Survival::kSubset}},
                                           CutCase{"NamesWithoutBytes", {Survival::kNone, Survival::kAll}},
                                           CutCase{"BytesWithoutNames", {Survival::kAll, Survival::kNone}}),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace magnetite::write_buffer
