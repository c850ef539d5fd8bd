#include "cli/wait_initialized.h"

#include <gtest/gtest.h>
#include <influxdata/iox/management/v1/service.pb.h>

namespace magnetite::cli {
namespace {

namespace management = influxdata::iox::management::v1;

TEST(WaitInitialized, CountsDatabasesThatAreLoadedOrCannotBe) {
  management::ServerStatus status;
  EXPECT_EQ(start_progress(status).total, 0u);
  status.add_database_statuses()->set_state(management::DatabaseStatus::DATABASE_STATE_INITIALIZED);
  management::DatabaseStatus& replaying = *status.add_loading();
  replaying.set_state(management::DatabaseStatus::DATABASE_STATE_REPLAY);
  replaying.set_replayed_records(30);
  replaying.set_replay_records_total(100);
  status.add_database_statuses()->set_state(management::DatabaseStatus::DATABASE_STATE_KNOWN);
  status.add_database_statuses()->mutable_error()->set_message("damaged");
  const Progress progress = start_progress(status);
  EXPECT_EQ(progress.done, 2u);
  EXPECT_EQ(progress.total, 4u);
  EXPECT_EQ(progress.more, "1 read their logs: 30 of about 100 records");
}

}  // namespace
}  // namespace magnetite::cli
