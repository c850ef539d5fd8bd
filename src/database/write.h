// A write as a database sees it, and what became of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "line_protocol/parser.h"

namespace magnetite::database {

struct WriteInput {
  std::string body;  // line protocol, decompressed
  line_protocol::Precision precision = line_protocol::Precision::kNanoseconds;
  bool accept_partial = true;  // false: one bad line refuses the whole body
  bool store_here = false;     // whatever the rules say of routing
};

// Lines are counted over the whole body. `errors` is ordered by line and bounded (kErrorsMax); limit_errors is
// parallel: true = a configured limit (tables, columns), false = bad input.
struct WriteReport {
  uint64_t lines_accepted = 0;  // stored, durable as the database's mode promises, and visible
  uint64_t lines_rejected = 0;
  uint64_t fields_accepted = 0;
  std::vector<line_protocol::LineError> errors;
  std::vector<bool> limit_errors;
};

}  // namespace magnetite::database
