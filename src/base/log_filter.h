// What --log-filter says: a level, and directives about single modules as the 2021 server knew them, which mean nothing
// here. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/logging.h"
#include "base/result.h"

namespace magnetite::log {

struct Filter {
  Level level = Level::kWarn;
  std::vector<std::string> ignored;  // directives such as `hyper::proto::h1=info`
};

// Words between commas; the last level counts. `trace` is debug, `off` is error. kInvalidInput for a word that is
// neither a level nor a directive.
Result<Filter> parse_filter(std::string_view text);

}  // namespace magnetite::log
