// How clients send a token. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace magnetite::access {

// As they came, views into the request; empty = not sent.
struct Credentials {
  std::string_view authorization;  // header of HTTP, metadata of gRPC
  std::string_view password = {};  // parameter `p` of the v1 API; only looked at without the header
};

// The token: of `Bearer T`, `Token T` or `Basic base64(user:T)`, or the password. Empty: none was sent. kInvalidInput
// says what is wrong and never quotes what came.
Result<std::string> token_of(const Credentials& sent);

}  // namespace magnetite::access
