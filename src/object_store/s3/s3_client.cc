#include "object_store/s3/s3_client.h"

#include <fmt/format.h>

namespace magnetite::object_store::s3 {

S3Client::S3Client(S3Settings settings, Executor& executor)
    : settings_(std::move(settings)),
      executor_(executor),
      http_(executor, {.ca_bundle = settings_.ca_bundle, .ignores_proxies = is_loopback(settings_.endpoint)}),
      credentials_(make_credential_source(settings_, executor)),
      random_(static_cast<uint64_t>(executor.clock().wall_now().nanos)) {}

std::string S3Client::description() const {
  return fmt::format("bucket '{}' at {}", settings_.bucket, endpoint_of(settings_));
}

Result<HttpAnswer> S3Client::call(const S3Request& request, const S3Limits& limits) {
  Clock& clock = executor_.clock();
  const MonoTime deadline = clock.mono_now() + limits.repeat;
  const std::string what =
      fmt::format("{} {} of {}", request.method, request.key.empty() ? "listing" : request.key, description());
  bool may_be_done = false;
  for (uint32_t number = 1;; ++number) {
    MAGNETITE_TRY(Credentials credentials, credentials_->get(deadline));
    HttpOutcome outcome = try_once(request, std::move(credentials), limits, deadline);
    std::optional<Verdict> verdict = judge(outcome, request.effect, what);
    if (!verdict) return *std::move(outcome);
    may_be_done = may_be_done || verdict->may_be_done;
    const Duration wait = back_off(number, random());
    if (!verdict->may_help_to_repeat || clock.mono_now() + wait >= deadline) {
      std::string text = verdict->error.message();
      if (number > 1) text += fmt::format(" (try {})", number);
      return fail(may_be_done ? ErrorCode::kUnclear : verdict->error.code(), std::move(text));
    }
    executor_.pause(wait);
  }
}

HttpOutcome S3Client::try_once(const S3Request& request, Credentials credentials, const S3Limits& limits,
                               MonoTime deadline) {
  HttpRequest http{.method = request.method,
                   .url = url_of(settings_, request.key, request.query),
                   .headers = request.headers,
                   .body = request.body,
                   .answer_bytes_max = request.answer_bytes_max,
                   .signature = Signature{std::move(credentials), settings_.region}};
  if (limits.is_strict) http.time_out = std::max<Duration>(deadline - executor_.clock().mono_now(), Duration(1));
  return http_.perform(http, deadline);
}

// splitmix64: good enough to spread waits, and needs no lock.
uint64_t S3Client::random() {
  uint64_t x = random_.fetch_add(0x9E3779B97F4A7C15, std::memory_order_relaxed);
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

}  // namespace magnetite::object_store::s3
