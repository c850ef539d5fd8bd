// A benchmark that cannot do its work says why and ends.
#pragma once

#include <errno.h>
#include <fmt/format.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace magnetite::bench {

inline void need(const Result<>& result, std::string_view what) {
  if (result) return;
  fmt::print(stderr, "{}: {}: {}\n", program_invocation_short_name, what, result.error().describe());
  std::exit(1);
}

template <class Value>
Value need(Result<Value> result, std::string_view what) {
  if (result) return *std::move(result);
  need(Result<>(std::unexpected(std::move(result).error())), what);
  std::abort();
}

}  // namespace magnetite::bench
