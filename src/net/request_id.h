// What a request is called in answers and in the log.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace magnetite::net {

inline constexpr size_t kRequestIdBytesMax = 128;

// A header or metadata entry of the request by its lower-case name; empty = it has none.
using HeaderOf = std::function<std::string_view(std::string_view name)>;

// The name a client or proxy gave, if it is short and made of harmless characters: `x-request-id`, `request-id`, or the
// trace of `traceparent` or `x-b3-traceid`. Pure.
std::optional<std::string> given_request_id(const HeaderOf& header_of);
// That, or 16 random hexadecimal digits.
std::string request_id(const HeaderOf& header_of);

}  // namespace magnetite::net
