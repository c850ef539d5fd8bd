// Times of answers as RFC 3339 texts. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace magnetite::cli {

// "2021-04-01T14:10:24.000000005Z"
std::string time_text(int64_t seconds_since_1970, int32_t nanos);

}  // namespace magnetite::cli
