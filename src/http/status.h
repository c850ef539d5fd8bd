// Errors as HTTP answers: the one place where codes become statuses, and the body shapes of the three APIs.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace magnetite::database {
struct WriteReport;
}

namespace magnetite::http {

enum class Api : uint8_t { kV1, kV2, kV3 };
Api api_of(std::string_view path);

int status_of(ErrorCode code);
std::string json_text(std::string_view text);  // quoted and escaped; bytes that are no UTF-8 become '?'
Response error_answer(const Error& error, Api api);
// The same body with a status of its own (408, 431, ...).
Response error_answer(const Error& error, Api api, int status);
// 204, or what is said of rejected lines. `accept_partial` false: nothing was stored when a line was bad.
Response write_answer(const database::WriteReport& report, Api api, bool accept_partial);

}  // namespace magnetite::http
