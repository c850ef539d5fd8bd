#include "cli/job_output.h"

#include <google/longrunning/operations.pb.h>
#include <influxdata/iox/management/v1/jobs.pb.h>

#include <CLI/CLI.hpp>

#include "cli/admin_json.h"
#include "cli/follow_operation.h"

namespace magnetite::cli {

Output job_output(const google::longrunning::Operation& operation) {
  influxdata::iox::management::v1::OperationMetadata metadata;
  if (operation.has_metadata()) operation.metadata().UnpackTo(&metadata);
  Output output = json_output(operation_json(operation));
  if (operation.done() && !metadata.report().empty()) {
    output.text = metadata.report();
    while (output.text.ends_with('\n')) output.text.pop_back();
  }
  constexpr int kCancelled = 1;
  if (operation.done() && operation.has_error() && operation.error().code() != kCancelled)
    output.failure = Error(ErrorCode::kFailedPrecondition, operation.error().message());
  return output;
}

void run_as_job(CLI::App& command, const Stage& stage,
                std::function<Result<google::longrunning::Operation>(const Client&)> start) {
  const auto wait = std::make_shared<bool>(false);
  command.add_flag("--wait", *wait, "Waits until the job has ended, and shows how far it is");
  run_as(command, stage,
         [wait, globals = stage.globals, start = std::move(start)](const Client& client,
                                                                   const Interrupts& interrupts) -> Result<Output> {
           MAGNETITE_TRY(google::longrunning::Operation operation, start(client));
           if (*wait) {
             MAGNETITE_TRY(operation, follow_operation(client, operation.name(), std::nullopt, interrupts,
                                                       globals->progress_elsewhere()));
           }
           return job_output(operation);
         });
}

}  // namespace magnetite::cli
