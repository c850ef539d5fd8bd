// A request and its answer, without the library that carries them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace magnetite::query::sql {
class Cancellation;
}

namespace magnetite::http {

// Decoded name=value pairs of a query string or a form body; the first of equal names counts.
class Parameters {
 public:
  static Parameters parse(std::string_view text);
  void add(std::string name, std::string value) { pairs_.emplace_back(std::move(name), std::move(value)); }
  std::optional<std::string_view> find(std::string_view name) const;
  std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view()); }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

struct Request {
  std::string method;
  std::string path;
  Parameters parameters;
  std::string content_type;      // lower case, without parameters
  std::string content_encoding;
  std::string accept;
  std::string body;              // as sent
  std::shared_ptr<query::sql::Cancellation> cancellation;  // cancelled when the client goes away
};

struct Response {
  // The next piece of a streamed body; false at its end. An error breaks the answer off.
  using NextPiece = std::function<Result<bool>(std::string& piece)>;

  int status = 200;
  std::string content_type;      // empty = no header
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  NextPiece next_piece;          // set: streamed instead of `body`
  bool close = false;            // the connection cannot go on
};

}  // namespace magnetite::http
