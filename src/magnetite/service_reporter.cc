#include "magnetite/service_reporter.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/logging.h"
#include "magnetite/health_probe.h"

namespace magnetite {
namespace {

constexpr Duration kWhileLoading = std::chrono::seconds(1);
constexpr Duration kWhileStopping = std::chrono::seconds(5);
constexpr Duration kSync = std::chrono::minutes(1);  // after the drain, for logs and jobs to end
// Signs of life within the time the manager waits for one, and of that the share a probe may take.
constexpr int kSignsPerWait = 3;

std::string progress_text(const server::ServerStatus& status) {
  if (!status.error.empty()) return fmt::format("{}: {}", to_string(status.state), status.error);
  if (status.state != server::ServerState::kLoading)
    return fmt::format("{}, {} databases", to_string(status.state), status.databases.size());
  size_t done = 0;
  std::string replay;
  for (const server::DatabaseStatus& each : status.databases) {
    if (each.state == server::DatabaseState::kInitialized || !each.error.empty()) ++done;
    if (each.state != server::DatabaseState::kReplay || each.replay_records_total == 0 || !replay.empty()) continue;
    const uint64_t percent = std::min<uint64_t>(100, 100 * each.replayed_records / each.replay_records_total);
    replay = fmt::format(", log of {} read again to {} %", each.name, percent);
  }
  return fmt::format("loading, {} of {} databases{}", done, status.databases.size(), replay);
}

}  // namespace

ServiceReporter::ServiceReporter(Executor& executor, const process::ServiceManager& manager,
                                 const server::Server& server, std::string own_url)
    : executor_(executor), manager_(manager), server_(server), own_url_(std::move(own_url)), changed_(executor) {
  if (!manager_.is_there()) return;
  manager_.ready();
  task_ = executor_.spawn("service-report", [this] { run(); });
}

ServiceReporter::~ServiceReporter() {
  const MutexLock lock(mutex_);
  phase_ = Phase::kEnded;
  changed_.notify_all();
}

void ServiceReporter::begin_stop(Duration drain) {
  manager_.stopping("running requests have their time, then the logs are synced");
  const MutexLock lock(mutex_);
  phase_ = Phase::kStopping;
  patience_until_ = executor_.clock().mono_now() + drain + kSync;
  changed_.notify_all();
}

Duration ServiceReporter::pause() const {
  const auto watchdog = manager_.watchdog();
  const Duration signs = watchdog ? Duration(*watchdog) / kSignsPerWait : Duration(kNever.nanos);
  return loaded_ ? signs : std::min(signs, kWhileLoading);
}

void ServiceReporter::run() {
  while (true) {
    MonoTime until;
    Phase phase;
    {
      const MutexLock lock(mutex_);
      phase = phase_;
      until = patience_until_;
    }
    if (phase == Phase::kEnded) return;
    if (phase == Phase::kRunning)
      report_running();
    else
      report_stopping(until);
    const Duration wait = phase == Phase::kRunning ? pause() : kWhileStopping;
    const MonoTime next = wait.count() == kNever.nanos ? kNever : executor_.clock().mono_now() + wait;
    const MutexLock lock(mutex_);
    while (phase_ == phase && changed_.wait_until(mutex_, next, WaitReason::kTimer) != WaitOutcome::kDeadline) {
    }
  }
}

void ServiceReporter::report_running() {
  const server::ServerStatus status = server_.status();  // waits for the locks that everything needs
  loaded_ = status.state == server::ServerState::kReady;
  if (std::string text = progress_text(status); text != told_) {
    manager_.status(text);
    told_ = std::move(text);
  }
  const auto watchdog = manager_.watchdog();
  if (!watchdog) return;
  const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(*watchdog) / kSignsPerWait;
  if (answers_health(own_url_, patience))
    manager_.alive();
  else
    log::warn("the server does not answer itself; the service manager gets no sign of life", {{"url", own_url_}});
}

void ServiceReporter::report_stopping(MonoTime until) const {
  const Duration left = until - executor_.clock().mono_now();
  if (left <= Duration(0)) return;
  manager_.extend_timeout(std::chrono::duration_cast<std::chrono::microseconds>(std::min(left, 2 * kWhileStopping)));
  if (manager_.watchdog()) manager_.alive();
}

}  // namespace magnetite
