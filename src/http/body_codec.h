// Content-Encoding of request bodies: identity, gzip (several members) and zstd (several frames), within a bound.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace magnetite::http {

// kInvalidInput: an unknown encoding or bytes that are not of it; kTooLarge: more than `bytes_max` come out.
Result<std::string> decode_body(std::string body, std::string_view encoding, uint64_t bytes_max);

}  // namespace magnetite::http
