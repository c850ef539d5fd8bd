// Errors as gRPC statuses: the one place where codes become codes, with the details that management clients read.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace grpc {
class Status;
}

namespace magnetite::rpc {

// What an error is about, for its details.
struct Subject {
  std::string_view resource_type = "database";
  std::string_view resource_name = {};
  std::string_view field = {};  // of the request, for invalid input without a path of its own
  std::string_view precondition_type = "database";
};

grpc::Status to_status(const Error& error, const Subject& subject);

}  // namespace magnetite::rpc
