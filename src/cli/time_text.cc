#include "cli/time_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace magnetite::cli {

std::string time_text(int64_t seconds_since_1970, int32_t nanos) {
  const std::chrono::sys_seconds seconds{std::chrono::seconds(seconds_since_1970)};
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z", seconds, nanos);
}

}  // namespace magnetite::cli
