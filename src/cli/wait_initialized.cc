#include "cli/wait_initialized.h"

#include <fmt/format.h>
#include <influxdata/iox/management/v1/service.pb.h>

#include <algorithm>
#include <thread>

#include "cli/server_calls.h"

namespace magnetite::cli {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{100};

bool is_settled(const management::DatabaseStatus& database) {
  return database.state() == management::DatabaseStatus::DATABASE_STATE_INITIALIZED || database.has_error();
}

bool is_ready(const management::ServerStatus& status) {
  for (const auto& database : status.database_statuses())
    if (!is_settled(database)) return false;
  return status.initialized();
}

}  // namespace

Progress start_progress(const management::ServerStatus& status) {
  Progress progress{.what = "loading", .unit = "databases"};
  uint64_t replaying = 0;
  uint64_t records = 0;
  uint64_t records_total = 0;
  const auto count = [&](const management::DatabaseStatus& database) {
    ++progress.total;
    if (is_settled(database)) ++progress.done;
    if (database.state() != management::DatabaseStatus::DATABASE_STATE_REPLAY) return;
    ++replaying;
    records += database.replayed_records();
    records_total += std::max(database.replayed_records(), database.replay_records_total());
  };
  for (const auto& database : status.loading()) count(database);
  for (const auto& database : status.database_statuses()) count(database);
  if (replaying > 0)
    progress.more = fmt::format("{} read their logs: {} of about {} records", replaying, records, records_total);
  return progress;
}

Result<> wait_initialized(const Client& client, std::chrono::seconds timeout, ProgressBar::Elsewhere elsewhere) {
  ProgressBar bar(elsewhere);
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const auto status = server_status(client);
    if (status && is_ready(*status)) return {};
    if (std::chrono::steady_clock::now() >= deadline) {
      if (!status) return std::unexpected(status.error());
      const std::string why = status->has_error() ? ": " + status->error().message() : "";
      return fail(ErrorCode::kDeadlineExceeded,
                  fmt::format("not initialized within {} s{} (`-t` waits longer)", timeout.count(), why));
    }
    bar.show(status ? start_progress(*status) : Progress{.what = "connecting"});
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

}  // namespace magnetite::cli
