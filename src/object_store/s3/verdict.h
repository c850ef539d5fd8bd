// What an answer of S3, or none, means. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "base/result.h"
#include "object_store/s3/http_client.h"

namespace magnetite::object_store::s3 {

// What a request does to objects.
enum class Effect : uint8_t {
  kNone,  // reads, and pieces of an object that is not there yet
  kSame,  // done twice is as done once
  kOnce,  // only the first one counts: it must not be repeated when it may have been done
};

struct Verdict {
  Error error;
  bool may_help_to_repeat = false;
  bool may_be_done = false;
};

// nullopt: the request was done. `what` names request and bucket, "get 1/db/x of bucket 'data' at http://...".
std::optional<Verdict> judge(const HttpOutcome& outcome, Effect effect, std::string_view what);

// Before try `number` (1, 2, ...): doubles up to a cap, and a random half of it, so that callers that failed together
// do not come back together. `random` is any number.
Duration back_off(uint32_t number, uint64_t random);

}  // namespace magnetite::object_store::s3
