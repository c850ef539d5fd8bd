// A request and its answer, without the library that carries them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/grant.h"
#include "base/result.h"
#include "http/body_budget.h"

namespace magnetite::query::sql {
class Cancellation;
}

namespace magnetite::http {

// Decoded name=value pairs of a query string or a form body; the first of equal names counts.
class Parameters {
 public:
  static Parameters parse(std::string_view text);
  std::optional<std::string_view> find(std::string_view name) const;
  std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view()); }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

struct Request {
  std::string id;  // for the log and the X-Request-Id header
  std::string method;
  std::string path;
  Parameters parameters;
  std::string content_type;      // lower case, without parameters
  std::string content_encoding;  // lower case
  std::string accept;
  std::string authorization;                               // as sent
  bool is_local = false;                                   // from this machine, by no proxy and no page of a browser
  access::Caller caller;                                   // set when it is admitted
  std::string body;                                        // as sent
  uint64_t body_bytes = 0;                                 // what `body` had when it came
  BodyBudget::Lease body_lease;                            // of `body` and what it decompresses to
  std::shared_ptr<query::sql::Cancellation> cancellation;  // cancelled when the client goes away
};

struct Response {
  // The next piece of a streamed body; false at its end. An error breaks the answer off.
  using NextPiece = std::move_only_function<Result<bool>(std::string& piece)>;

  int status = 200;
  std::string content_type;  // empty = no header
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;      // all of it, or what goes before the streamed pieces; then not empty
  NextPiece next_piece;  // set: the body is streamed
  std::string database;  // which one it was about, if it exists; for metrics
  bool close = false;    // the connection cannot go on
};

// The client is gone or asked to be forgotten: nothing is sent (the number is nginx's).
inline constexpr int kStatusNoAnswer = 499;

std::string percent_decoded(std::string_view text);  // `+` stays

Response text_answer(int status, std::string body, std::string_view content_type = "text/plain; charset=utf-8");

}  // namespace magnetite::http
