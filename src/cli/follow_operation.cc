#include "cli/follow_operation.h"

#include <fmt/format.h>
#include <google/longrunning/operations.pb.h>
#include <influxdata/iox/management/v1/jobs.pb.h>

#include <algorithm>
#include <chrono>

#include "cli/interrupts.h"
#include "cli/operation_calls.h"

namespace magnetite::cli {
namespace {

namespace management = influxdata::iox::management::v1;

constexpr uint64_t kLookNanos = 200'000'000;  // how soon Ctrl-C is heard, and a bar drawn anew

management::OperationMetadata metadata_of(const longrunning::Operation& operation) {
  management::OperationMetadata metadata;
  if (operation.has_metadata()) operation.metadata().UnpackTo(&metadata);
  return metadata;
}

Progress progress_of(const longrunning::Operation& operation) {
  const management::OperationMetadata metadata = metadata_of(operation);
  Progress progress;
  progress.what = metadata.description().empty() ? "job " + operation.name() : metadata.description();
  if (metadata.rows_total() > 0 || metadata.rows_done() > 0) {
    progress.done = metadata.rows_done();
    progress.total = metadata.rows_total();
    progress.unit = "rows";
    if (metadata.bytes_done() > 0)
      progress.more = short_number(static_cast<double>(metadata.bytes_done())) + "B written";
  } else if (metadata.task_count() > 1) {
    progress.done = metadata.task_count() - metadata.pending_count();
    progress.total = metadata.task_count();
    progress.unit = "tasks";
  }
  return progress;
}

}  // namespace

Result<longrunning::Operation> follow_operation(const Client& client, const std::string& id,
                                                std::optional<uint64_t> nanos, const Interrupts& interrupts,
                                                ProgressBar::Elsewhere elsewhere) {
  ProgressBar bar(elsewhere);
  const auto began = std::chrono::steady_clock::now();
  while (true) {
    uint64_t wait = kLookNanos;
    bool is_last_look = false;
    if (nanos) {
      const auto passed = static_cast<uint64_t>(
          std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - began).count());
      const uint64_t left = *nanos > passed ? *nanos - passed : 0;
      is_last_look = left <= wait;
      wait = std::min(wait, left);
    }
    MAGNETITE_TRY(longrunning::Operation operation, wait_operation(client, id, wait));
    if (operation.done() || is_last_look) return operation;
    if (interrupts.arrived())
      return fail(ErrorCode::kCancelled,
                  fmt::format("no longer waiting; job {0} goes on: `magnetite operation wait {0}` waits again, "
                              "`magnetite operation cancel {0}` ends it",
                              id));
    bar.show(progress_of(operation));
  }
}

}  // namespace magnetite::cli
