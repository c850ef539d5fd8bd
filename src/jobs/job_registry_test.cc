#include "jobs/job_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sim/sim_executor.h"

namespace magnetite::jobs {
namespace {

using testing::HasSubstr;

class JobRegistryTest : public testing::Test {
 protected:
  void in_simulation(std::move_only_function<void()> body) { executor_.run(std::move(body)); }

  static JobSubject subject() { return {"db", "cpu", "2026-01-01", {model::ChunkId{7}}}; }
  MonoTime in(Duration delta) { return executor_.clock().mono_now() + delta; }

  sim::SimExecutor executor_{7};
};

TEST_F(JobRegistryTest, ShowsAJobFromItsRegistrationToItsOutcome) {
  in_simulation([this] {
    JobRegistry registry(executor_);
    WorkerPool pool(executor_, {"jobs", 1, 8});
    auto id = registry.submit(pool, JobKind::kPersistChunks, subject(), [this](JobControl& control) -> Result<> {
      control.expect_rows(10);
      control.advance(10, 200);
      executor_.pause(std::chrono::seconds(3));
      return {};
    });
    ASSERT_TRUE(id);
    EXPECT_FALSE(registry.find(*id)->ended());
    const auto early = registry.wait(*id, in(std::chrono::seconds(1)));
    EXPECT_EQ(early->state, JobState::kRunning);
    const auto behind = registry.submit(pool, JobKind::kDummy, subject(), [](JobControl&) -> Result<> { return {}; });
    EXPECT_TRUE(behind);
    EXPECT_EQ(registry.load().running, 1u);
    EXPECT_EQ(registry.load().waiting, 1u);
    const auto status = registry.wait(*id, kNever);
    EXPECT_EQ(status->state, JobState::kSucceeded);
    EXPECT_EQ(status->rows_done, 10u);
    EXPECT_EQ(status->rows_total, 10u);
    EXPECT_EQ(status->bytes_done, 200u);
    EXPECT_EQ(status->wall, std::chrono::seconds(3));
    EXPECT_EQ(status->subject.partition_key, "2026-01-01");
    EXPECT_EQ(registry.wait(*behind, kNever)->state, JobState::kSucceeded);
    EXPECT_EQ(registry.running(), 0u);
    EXPECT_EQ(registry.load().running + registry.load().waiting, 0u);
    pool.stop();
  });
}

TEST_F(JobRegistryTest, AFailureIsAnOutcomeWithItsReason) {
  in_simulation([this] {
    JobRegistry registry(executor_);
    const JobId id = registry.run(JobKind::kCompactChunks, subject(),
                                  [](JobControl&) { return fail(ErrorCode::kUnavailable, "store is away"); });
    const JobStatus status = *registry.find(id);
    EXPECT_EQ(status.state, JobState::kFailed);
    EXPECT_THAT(status.error, HasSubstr("store is away"));
  });
}

TEST_F(JobRegistryTest, CancellingStopsARunningJobAtItsNextCheck) {
  in_simulation([this] {
    JobRegistry registry(executor_);
    WorkerPool pool(executor_, {"jobs", 1, 8});
    const auto id = registry.submit(pool, JobKind::kDummy, {}, [this](JobControl& control) -> Result<> {
      for (;;) {
        MAGNETITE_RETURN_IF_ERROR(control.check());
        executor_.pause(std::chrono::seconds(1));
      }
    });
    EXPECT_TRUE(registry.cancel(*id));
    EXPECT_EQ(registry.wait(*id, kNever)->state, JobState::kCancelled);
    pool.stop();
  });
}

TEST_F(JobRegistryTest, AJobCancelledWhileItWaitsRunsToGiveBackWhatItHolds) {
  in_simulation([this] {
    JobRegistry registry(executor_);
    WorkerPool pool(executor_, {"jobs", 1, 8});
    bool given_back = false;
    const auto first = registry.submit(pool, JobKind::kDummy, {}, [this](JobControl&) -> Result<> {
      executor_.pause(std::chrono::seconds(5));
      return {};
    });
    const auto second = registry.submit(pool, JobKind::kDummy, {}, [&](JobControl& control) -> Result<> {
      given_back = true;
      return control.check();
    });
    registry.cancel(*second);
    registry.wait(*first, kNever);
    EXPECT_EQ(registry.wait(*second, kNever)->state, JobState::kCancelled);
    EXPECT_TRUE(given_back);
    pool.stop();
  });
}

TEST_F(JobRegistryTest, CancellingAnEndedJobDoesNotChangeItsOutcome) {
  in_simulation([this] {
    JobRegistry registry(executor_);
    registry.run(JobKind::kDummy, {}, [](JobControl&) -> Result<> { return {}; });
    EXPECT_TRUE(registry.cancel(JobId{0}));
    EXPECT_EQ(registry.find(JobId{0})->state, JobState::kSucceeded);
    EXPECT_FALSE(registry.cancel(JobId{1}));
    EXPECT_FALSE(registry.wait(JobId{1}, kNever));
  });
}

TEST_F(JobRegistryTest, RemembersTheNewestThatEnded) {
  in_simulation([this] {
    JobRegistry registry(executor_, {.history_max = 2});
    for (int i = 0; i < 4; ++i) registry.run(JobKind::kDummy, {}, [](JobControl&) -> Result<> { return {}; });
    const auto jobs = registry.list();
    ASSERT_EQ(jobs.size(), 2u);
    EXPECT_EQ(jobs[0].id, JobId{2});
    EXPECT_EQ(jobs[1].id, JobId{3});
  });
}

TEST_F(JobRegistryTest, AJobThatTheFullPoolRefusesIsNotShown) {
  in_simulation([this] {
    JobRegistry registry(executor_);
    WorkerPool pool(executor_, {"jobs", 1, 8});
    pool.stop();
    EXPECT_FALSE(registry.submit(pool, JobKind::kDummy, {}, [](JobControl&) -> Result<> { return {}; }));
    EXPECT_TRUE(registry.list().empty());
    EXPECT_EQ(registry.running(), 0u);
  });
}

}  // namespace
}  // namespace magnetite::jobs
