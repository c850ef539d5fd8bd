// What the three write endpoints are asked, in one form.
#pragma once

#include <string>

#include "base/result.h"
#include "http/message.h"
#include "http/status.h"
#include "line_protocol/parser.h"

namespace magnetite::http {

struct WriteRequest {
  std::string database;      // v2: the bucket
  std::string organisation;  // v2 only; may be empty
  line_protocol::Precision precision = line_protocol::Precision::kNanoseconds;
  bool accept_partial = true;
};

// Of the head alone. kInvalidInput names the parameter.
Result<WriteRequest> parse_write_request(const Request& head, Api api);

// The 2021 server's database name for a bucket of an organisation: all but letters and digits percent-encoded.
std::string mapped_name(std::string_view organisation, std::string_view bucket);

}  // namespace magnetite::http
