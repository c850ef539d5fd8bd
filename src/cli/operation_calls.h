// What can be asked of a server about its background jobs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace google::longrunning {
class Operation;
}

namespace magnetite::cli {

class Client;
namespace longrunning = google::longrunning;

Result<std::vector<longrunning::Operation>> list_operations(const Client& client);
Result<longrunning::Operation> get_operation(const Client& client, const std::string& id);
// Answers when the job has ended, or with how far it is after `nanos`.
Result<longrunning::Operation> wait_operation(const Client& client, const std::string& id, uint64_t nanos);
Result<> cancel_operation(const Client& client, const std::string& id);
Result<longrunning::Operation> start_dummy_job(const Client& client, const std::vector<uint64_t>& nanos);

}  // namespace magnetite::cli
