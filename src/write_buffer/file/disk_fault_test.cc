// Each operation of the disk fails once, or for a while: what was acknowledged stays, and the log goes on by itself.
#include <gmock/gmock.h>

#include <array>

#include "write_buffer/testing/sim_log.h"

namespace magnetite::write_buffer {
namespace {

using sim::DiskOperation;
using sim::Fault;
using sim::FaultEffect;
using sim::PowerCutPolicy;
using sim::Survival;
using testing::Ledger;
using testing::World;

// False: the fault never happened.
bool work_with_fault(const Fault& fault) {
  World world(fault.after + 1);
  bool happened = false;
  world.run([&] {
    const uint64_t before = world.disk.operations(fault.operation);
    world.disk.fail_next(fault);
    world.work();
    happened = world.disk.operations(fault.operation) > before + fault.after;
    world.disk.clear_faults();
    if (world.log == nullptr) {
      ASSERT_TRUE(world.open());
    }
    world.executor.pause(std::chrono::seconds(10));
    EXPECT_TRUE(world.log->writer().status().accepting) << world.log->writer().status().problem;
    const Result<> written = world.write({25});
    EXPECT_TRUE(written) << written.error().message();
    EXPECT_EQ(world.judge(), "");
    for (const Survival survival : {Survival::kNone, Survival::kTorn, Survival::kAll}) {
      EXPECT_TRUE(world.write({35}));
      world.disk.power_cut({survival, survival});
      world.close();
      const auto opened = world.open();
      ASSERT_TRUE(opened) << opened.error().message();
      EXPECT_EQ(world.judge(), "");
    }
    world.close();
  });
  return happened;
}

// The process is killed right after the fault: the next one finds in the page cache what never reached the disk.
bool kill_after_fault(const Fault& fault) {
  World world(fault.after + 1);
  bool happened = false;
  world.run([&] {
    const uint64_t before = world.disk.operations(fault.operation);
    for (int i = 0; i < 3 && world.log == nullptr; ++i) static_cast<void>(world.open());
    for (const size_t bytes : std::initializer_list<size_t>{50, 100, 400, 20})
      static_cast<void>(world.write({bytes, 10}));
    world.disk.fail_next(fault);
    for (const size_t bytes : std::initializer_list<size_t>{30, 60, 300, 20})
      static_cast<void>(world.write({bytes, 10}));
    happened = world.disk.operations(fault.operation) > before + fault.after;
    const sim::SimDisk::Snapshot killed = world.disk.snapshot();
    world.disk.clear_faults();
    world.close();
    world.disk.restore(killed);
    ASSERT_TRUE(world.open());
    EXPECT_EQ(world.judge(), "");
    EXPECT_TRUE(world.write({35, 35}));
    world.disk.power_cut({Survival::kNone, Survival::kNone});
    world.close();
    const auto opened = world.open();
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ(world.judge(), "");
    world.close();
  });
  return happened && fault.after < 40;
}

struct FaultCase {
  const char* name;
  DiskOperation operation;
  FaultEffect effect = FaultEffect::kNothing;
  ErrorCode code = ErrorCode::kUnavailable;
};

void PrintTo(const FaultCase& each, std::ostream* out) { *out << each.name; }

class DiskFault : public ::testing::TestWithParam<FaultCase> {};

TEST_P(DiskFault, LosesNothingAcknowledgedAndTheLogGoesOn) {
  for (const uint64_t count : std::initializer_list<uint64_t>{1, 2, 5, 20}) {
    Fault fault{
        .operation = GetParam().operation, .code = GetParam().code, .count = count, .effect = GetParam().effect};
    for (fault.after = 0; work_with_fault(fault); ++fault.after)
      ASSERT_FALSE(HasFailure()) << count << " times after " << fault.after;
    ASSERT_FALSE(HasFailure());
    EXPECT_GT(fault.after, 0u) << "nothing was tested";
  }
}

TEST_P(DiskFault, ThenAKilledProcessLosesNothingAcknowledged) {
  for (const uint64_t count : std::initializer_list<uint64_t>{1, 2, 3, 4, 30}) {
    Fault fault{
        .operation = GetParam().operation, .code = GetParam().code, .count = count, .effect = GetParam().effect};
    for (fault.after = 0; kill_after_fault(fault); ++fault.after)
      ASSERT_FALSE(HasFailure()) << count << " times after " << fault.after;
    ASSERT_FALSE(HasFailure());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Of, DiskFault,
    ::testing::Values(
        FaultCase{"Open", DiskOperation::kOpen}, FaultCase{"Create", DiskOperation::kCreate},
        FaultCase{"Read", DiskOperation::kRead}, FaultCase{"Write", DiskOperation::kWrite},
        FaultCase{"WriteInPart", DiskOperation::kWrite, FaultEffect::kPartial},
        FaultCase{"WriteDoneButReported", DiskOperation::kWrite, FaultEffect::kDone},
        FaultCase{"Sync", DiskOperation::kSync},
        FaultCase{"SyncThatForgets", DiskOperation::kSync, FaultEffect::kForgetUnsynced},
        FaultCase{"SyncDoneButReported", DiskOperation::kSync, FaultEffect::kDone},
        FaultCase{"Rename", DiskOperation::kRename},
        FaultCase{"RenameDoneButReported", DiskOperation::kRename, FaultEffect::kDone},
        FaultCase{"Remove", DiskOperation::kRemove},
        FaultCase{"RemoveDoneButReported", DiskOperation::kRemove, FaultEffect::kDone},
        FaultCase{"SyncDirectory", DiskOperation::kSyncDirectory},
        FaultCase{"SyncDirectoryDoneButReported", DiskOperation::kSyncDirectory, FaultEffect::kDone},
        FaultCase{"Space", DiskOperation::kSpace}, FaultCase{"List", DiskOperation::kList},
        FaultCase{"NoSpaceToWrite", DiskOperation::kWrite, FaultEffect::kPartial, ErrorCode::kResourceExhausted},
        FaultCase{"NoSpaceToCreate", DiskOperation::kCreate, FaultEffect::kNothing, ErrorCode::kResourceExhausted}),
    [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace magnetite::write_buffer
