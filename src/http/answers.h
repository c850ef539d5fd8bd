// Errors as HTTP answers: the one place where codes become statuses, and the body shapes of the three APIs.
#pragma once

#include <string>

#include "base/error.h"
#include "database/write.h"
#include "http/message.h"

namespace magnetite::http {

enum class Api : uint8_t { kV1, kV2, kV3 };

int status_of(ErrorCode code);
std::string json_text(std::string_view text);  // quoted and escaped
Response error_answer(const Error& error, Api api);
// 204, or what is said of rejected lines. `accept_partial` false: nothing was stored when a line was bad.
Response write_answer(const database::WriteReport& report, Api api, bool accept_partial);

}  // namespace magnetite::http
