#include "object_store/s3/verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "object_store/s3/s3_xml.h"

namespace magnetite::object_store::s3 {
namespace {

constexpr std::chrono::milliseconds kFirstBackOff{50};
constexpr std::chrono::seconds kLastBackOff{5};

constexpr std::string_view kCheckKeys = "check --aws-access-key-id, --aws-secret-access-key and what these keys may do";

struct Known {
  int status;
  std::string_view code;  // empty: any
  ErrorCode error;
  bool may_help_to_repeat;
  bool may_be_done;
  std::string_view advice;
};

// The first line that fits. Codes differ little between servers, statuses hardly at all.
constexpr Known kKnown[] = {
    {404, "NoSuchBucket", ErrorCode::kFailedPrecondition, false, false, "create the bucket, or check --bucket"},
    {404, "NoSuchUpload", ErrorCode::kUnavailable, false, false, "the server gave the upload up; write again"},
    {404, "", ErrorCode::kNotFound, false, false, ""},
    {412, "", ErrorCode::kAlreadyExists, false, false, ""},
    {416, "", ErrorCode::kInvalidInput, false, false, ""},
    {409, "ConditionalRequestConflict", ErrorCode::kUnavailable, true, false, ""},
    {409, "OperationAborted", ErrorCode::kUnavailable, true, false, ""},
    {403, "RequestTimeTooSkewed", ErrorCode::kFailedPrecondition, false, false, "set the clock of this machine"},
    {403, "", ErrorCode::kFailedPrecondition, false, false, kCheckKeys},
    {401, "", ErrorCode::kFailedPrecondition, false, false, kCheckKeys},
    {400, "ExpiredToken", ErrorCode::kFailedPrecondition, false, false, "renew --aws-session-token"},
    {400, "InvalidToken", ErrorCode::kFailedPrecondition, false, false, "renew --aws-session-token"},
    {400, "RequestTimeout", ErrorCode::kUnavailable, true, false, ""},
    {400, "IncompleteBody", ErrorCode::kUnavailable, true, false, ""},
    {400, "BadDigest", ErrorCode::kUnavailable, true, false, ""},
    {400, "XAmzContentSHA256Mismatch", ErrorCode::kUnavailable, true, false, ""},
    {400, "EntityTooLarge", ErrorCode::kTooLarge, false, false, ""},
    {400, "AuthorizationHeaderMalformed", ErrorCode::kFailedPrecondition, false, false, "check --aws-default-region"},
    {408, "", ErrorCode::kUnavailable, true, false, ""},
    {413, "", ErrorCode::kTooLarge, false, false, ""},
    {425, "", ErrorCode::kUnavailable, true, false, ""},
    {429, "", ErrorCode::kUnavailable, true, false, ""},
    {503, "", ErrorCode::kUnavailable, true, false, ""},  // "SlowDown": refused before it began
    {501, "", ErrorCode::kFailedPrecondition, false, false, "this server lacks a feature that is needed"},
    {507, "", ErrorCode::kResourceExhausted, false, false, "the store is full"},
};

std::string describe(std::string_view what, int status, const ErrorAnswer& answer) {
  std::string text = fmt::format("{}: HTTP {}", what, status);
  if (!answer.code.empty()) text += " " + answer.code;
  if (!answer.message.empty()) text += fmt::format(" ({})", answer.message);
  return text;
}

Verdict judge_status(const HttpAnswer& answer, const ErrorAnswer& error, std::string_view what) {
  std::string text = describe(what, answer.status, error);
  if (answer.status >= 300 && answer.status < 400) {
    const auto region = answer.headers.find("x-amz-bucket-region");
    return {Error(ErrorCode::kFailedPrecondition,
                  fmt::format("{}; {}", text,
                              region == answer.headers.end()
                                  ? "check --aws-endpoint and --aws-default-region"
                                  : fmt::format("the bucket lies in --aws-default-region {}", region->second)))};
  }
  for (const Known& known : kKnown) {
    if (known.status != answer.status || (!known.code.empty() && known.code != error.code)) continue;
    if (!known.advice.empty()) text += fmt::format("; {}", known.advice);
    if (!error.region.empty()) text += fmt::format(" (the bucket lies in {})", error.region);
    return {Error(known.error, std::move(text)), known.may_help_to_repeat, known.may_be_done};
  }
  if (error.code.contains("StorageFull")) return {Error(ErrorCode::kResourceExhausted, text + "; the store is full")};
  if (answer.status >= 500 || answer.status < 300) return {Error(ErrorCode::kUnavailable, std::move(text)), true, true};
  return {Error(ErrorCode::kFailedPrecondition, std::move(text))};
}

Verdict judge_failure(const HttpFailure& failure, std::string_view what) {
  std::string text = fmt::format("{}: {}", what, failure.message);
  switch (failure.kind) {
    case HttpFailureKind::kNotSent:
      return {Error(ErrorCode::kUnavailable, std::move(text)), true, false};
    case HttpFailureKind::kMaybeDone:
      return {Error(ErrorCode::kUnavailable, std::move(text)), true, true};
    case HttpFailureKind::kHopeless:
      return {Error(ErrorCode::kFailedPrecondition, text + "; check --aws-endpoint and --aws-ca-bundle")};
    case HttpFailureKind::kTooLarge:
      return {Error(ErrorCode::kTooLarge, std::move(text))};
  }
  return {Error(ErrorCode::kInternal, std::move(text))};
}

}  // namespace

std::optional<Verdict> judge(const HttpOutcome& outcome, Effect effect, std::string_view what) {
  std::optional<Verdict> verdict;
  if (!outcome) {
    verdict = judge_failure(outcome.error(), what);
  } else {
    const bool is_good = outcome->status >= 200 && outcome->status < 300;
    // The end of an upload in parts may fail after its "200 OK" was sent.
    const bool may_hold_error = !is_good || (effect != Effect::kNone && !outcome->body.empty());
    const std::optional<ErrorAnswer> error = may_hold_error ? parse_error(outcome->body) : std::nullopt;
    if (is_good && !error) return std::nullopt;
    verdict = judge_status(*outcome, error.value_or(ErrorAnswer{}), what);
  }
  if (effect == Effect::kNone) verdict->may_be_done = false;
  if (effect == Effect::kOnce && verdict->may_be_done) verdict->may_help_to_repeat = false;
  return verdict;
}

Duration back_off(uint32_t number, uint64_t random) {
  const Duration full = std::min<Duration>(kFirstBackOff * (int64_t{1} << std::min(number, 20U)) / 2, kLastBackOff);
  return full / 2 + Duration(static_cast<int64_t>(random % static_cast<uint64_t>(full.count() / 2 + 1)));
}

}  // namespace magnetite::object_store::s3
