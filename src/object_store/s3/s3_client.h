// Requests to one bucket: signed, repeated while that helps and is safe, and their failures as Errors.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "object_store/s3/credentials.h"
#include "object_store/s3/http_client.h"
#include "object_store/s3/s3_settings.h"
#include "object_store/s3/s3_url.h"
#include "object_store/s3/verdict.h"

namespace magnetite::object_store::s3 {

struct S3Request {
  std::string method = "GET";
  std::string key = {};  // empty: of the bucket
  Query query = {};
  std::vector<std::string> headers = {};
  std::span<const std::byte> body = {};
  Effect effect = Effect::kNone;
  uint64_t answer_bytes_max = 16 << 20;  // of a page of 1,000 keys with room to spare
};

struct S3Limits {
  // No try begins after this; the last one still may take as long as its bytes need.
  Duration repeat = std::chrono::seconds(60);
  bool is_strict = false;  // the last one may not
};

// Thread-safe. `executor` outlives it.
class S3Client {
 public:
  S3Client(S3Settings settings, Executor& executor);

  // Errors as ObjectStore has them: kUnclear when a try may have been done and none is known to be.
  Result<HttpAnswer> call(const S3Request& request, const S3Limits& limits = {});

  const S3Settings& settings() const { return settings_; }
  std::string description() const;  // "bucket 'data' at http://127.0.0.1:9000"

 private:
  HttpOutcome try_once(const S3Request& request, Credentials credentials, const S3Limits& limits, MonoTime deadline);
  uint64_t random();

  const S3Settings settings_;
  Executor& executor_;
  HttpClient http_;
  const std::unique_ptr<CredentialSource> credentials_;
  std::atomic<uint64_t> random_ = 0;
};

}  // namespace magnetite::object_store::s3
