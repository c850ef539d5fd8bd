// What went wrong, in words that say what to do next, and as an exit code. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace magnetite::cli {

// Of every command, as --help and docs/cli.md say.
enum class ExitCode : int {
  kDone = 0,
  kRefused = 1,      // the server, or the input, said no
  kUsage = 2,        // the command line is wrong
  kUnreachable = 3,  // no answer came from the server
};

// How a call to the server ended that did not succeed.
struct CallFailure {
  int grpc_code = 0;  // of grpc::StatusCode
  std::string_view message;
  bool is_connected = true;  // false: the answer is the transport's, not the server's
  std::string_view url;      // of the server
};

// kUnavailable stands for a server that cannot be reached, and for nothing else.
Error to_error(const CallFailure& failure);
ExitCode exit_code_of(const Error& error);

}  // namespace magnetite::cli
