// Commands that start a background job, and those that wait for one.
#pragma once

#include <functional>
#include <string>

#include "cli/command.h"

namespace google::longrunning {
class Operation;
}

namespace magnetite::cli {

// The job as JSON; a text for people when it has something to report. A failed job is a failure too.
Output job_output(const google::longrunning::Operation& operation);

// `start` answers with the job that it began. Adds --wait.
void run_as_job(CLI::App& command, const Stage& stage,
                std::function<Result<google::longrunning::Operation>(const Client&)> start);

}  // namespace magnetite::cli
