#include "cli/server_status.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <influxdata/iox/management/v1/service.pb.h>

namespace magnetite::cli {
namespace {

namespace management = influxdata::iox::management::v1;

TEST(ServerStatus, BytesAreForPeople) {
  const std::pair<uint64_t, const char*> cases[] = {{0, "0 B"},
                                                    {1023, "1023 B"},
                                                    {1024, "1.0 KiB"},
                                                    {1536, "1.5 KiB"},
                                                    {uint64_t{5} << 30, "5.0 GiB"},
                                                    {UINT64_MAX, "16.0 EiB"}};
  for (const auto& [bytes, text] : cases) EXPECT_EQ(bytes_text(bytes), text);
}

TEST(ServerStatus, SaysWhatAnOperatorMustKnow) {
  management::ServerStatus status;
  status.set_initialized(true);
  status.set_version("1.2.3");
  status.set_state("ready");
  status.set_uptime_nanos(90'061'000'000'000);
  status.set_memory_bytes(1 << 20);
  status.set_memory_bytes_max(1 << 30);
  status.set_jobs_running(2);
  status.set_disk_available_bytes(1 << 30);
  status.set_disk_total_bytes(uint64_t{10} << 30);
  auto& open = *status.add_database_statuses();
  open.set_db_name("good");
  open.set_state(management::DatabaseStatus::DATABASE_STATE_INITIALIZED);
  open.set_rows(7);
  open.set_log_use("reading");
  open.set_sequencer_lag(3);
  open.set_log_problem("the disk is full");
  auto& storage = *open.add_storages();
  storage.set_storage("ReadBuffer");
  storage.set_chunks(2);
  storage.set_rows(7);
  auto& broken = *status.add_database_statuses();
  broken.set_db_name("bad");
  broken.set_state(management::DatabaseStatus::DATABASE_STATE_KNOWN);
  broken.mutable_error()->set_message("no rules");
  EXPECT_EQ(status_text(status),
            "server   ready, not serving, version 1.2.3, up for 1 d 1 h\n"
            "memory   1.0 MiB of 1.0 GiB; cache 0 B of 0 B\n"
            "disk     1.0 GiB free of 10.0 GiB\n"
            "jobs     2 running, 0 waiting\n"
            "database good: initialized\n"
            "  rows     7\n"
            "  memory   0 B\n"
            "  log      reading, 0 B, 3 entries behind\n"
            "  problem  the disk is full\n"
            "  chunks   2 ReadBuffer, 7 rows, 0 B in memory, 0 B in the store\n"
            "database bad: known\n"
            "  error    no rules");
}

TEST(ServerStatus, ShowsHowFarALoadingServerIs) {
  management::ServerStatus status;
  status.set_state("loading");
  status.set_serving(true);
  auto& replay = *status.add_loading();
  replay.set_db_name("db");
  replay.set_state(management::DatabaseStatus::DATABASE_STATE_REPLAY);
  replay.set_replayed_records(10);
  replay.set_replay_records_total(40);
  replay.set_replay_seconds_left(2.6);
  EXPECT_THAT(status_text(status),
              testing::EndsWith("database db: replay\n  replay   10 of about 40 records, about 3 s left"));
}

TEST(ServerStatus, JsonIsTheMessage) {
  management::ServerStatus status;
  status.set_state("ready");
  status.add_database_statuses()->set_rows(uint64_t{1} << 60);
  management::ServerStatus read;
  const std::string json = status_json(status);
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &read).ok()) << json;
  EXPECT_EQ(read.SerializeAsString(), status.SerializeAsString());
  EXPECT_THAT(json, testing::HasSubstr("\"jobs_waiting\": \"0\""));
}

}  // namespace
}  // namespace magnetite::cli
