// Waiting for a background job while its progress is shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/progress.h"

namespace google::longrunning {
class Operation;
}

namespace magnetite::cli {

class Client;
class Interrupts;

// Until the job has ended, or `nanos` have passed: then how far it is. Ctrl-C ends the wait with kCancelled, not the
// job. Progress goes to stderr.
Result<google::longrunning::Operation> follow_operation(const Client& client, const std::string& id,
                                                        std::optional<uint64_t> nanos, const Interrupts& interrupts,
                                                        ProgressBar::Elsewhere elsewhere);

}  // namespace magnetite::cli
