// Content-Encoding of request bodies: identity, gzip (several members) and zstd (several frames), within a bound.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/body_budget.h"

namespace magnetite::http {

Result<> check_encoding(std::string_view encoding);  // lower case; empty = identity

Error body_too_large(uint64_t bytes_max);
Error bodies_too_many();

// `lease` grows by what is allocated for the result. kInvalidInput: an unknown encoding or bytes that are not of it;
// kTooLarge: more than `bytes_max` would come out; kResourceExhausted: no room in the budget.
Result<std::string> decode_body(std::string body, std::string_view encoding, uint64_t bytes_max,
                                BodyBudget::Lease& lease);

}  // namespace magnetite::http
