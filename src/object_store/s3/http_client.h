// HTTP requests over a bounded set of reused connections (libcurl), signed for AWS. Knows nothing of S3.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/executor.h"
#include "object_store/object_store.h"

namespace magnetite::object_store::s3 {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token = {};  // empty: none
};

struct Signature {
  Credentials credentials;
  std::string region;
  std::string service = "s3";
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers = {};    // "name: value"
  std::span<const std::byte> body = {};     // outlives the call
  uint64_t answer_bytes_max = 1 << 20;      // more is an error
  std::optional<Signature> signature = {};  // none: not signed
  std::optional<Duration> time_out = {};    // of the whole request; else only a stall ends it
};

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  Bytes body;
};

enum class HttpFailureKind : uint8_t {
  kNotSent,    // surely; repeating may help
  kMaybeDone,  // the server may have done it, no or half an answer came
  kHopeless,   // not done, and repeating will not help: a certificate, a malformed URL
  kTooLarge,   // the answer is longer than allowed
};
struct HttpFailure {
  HttpFailureKind kind = HttpFailureKind::kNotSent;
  std::string message;
};
using HttpOutcome = std::expected<HttpAnswer, HttpFailure>;

struct HttpClientOptions {
  size_t connections_max = 32;  // more callers wait
  Duration connect_timeout = std::chrono::seconds(3);
  Duration stall_timeout = std::chrono::seconds(20);  // less than 16 KiB/s for so long
  std::string ca_bundle = {};                         // file; empty: the system's
  bool ignores_proxies = false;
};

// Thread-safe. `executor` outlives it.
class HttpClient {
 public:
  HttpClient(Executor& executor, HttpClientOptions options);
  ~HttpClient();

  // Waits until `deadline` for a free connection.
  HttpOutcome perform(const HttpRequest& request, MonoTime deadline);

 private:
  class Pool;
  const HttpClientOptions options_;
  const std::unique_ptr<Pool> pool_;
};

}  // namespace magnetite::object_store::s3
