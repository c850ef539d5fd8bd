#include "object_store/s3/credentials.h"

#include <fmt/format.h>

#include <glaze/json.hpp>
#include <optional>

#include "object_store/s3/s3_url.h"
#include "object_store/s3/s3_xml.h"

namespace magnetite::object_store::s3 {

// Outside the anonymous namespace: glaze reads the names of a type with linkage.
struct RoleAnswer {
  std::string AccessKeyId;
  std::string SecretAccessKey;
  std::string Token;
  std::string Expiration;
};

namespace {

constexpr std::string_view kMetadataEndpoint = "http://169.254.169.254";
constexpr std::chrono::minutes kRenewBefore{5};
constexpr std::chrono::seconds kTimeOut{1};  // it runs on the same machine

class GivenKeys final : public CredentialSource {
 public:
  explicit GivenKeys(const S3Keys& keys)
      : credentials_{keys.access_key_id, keys.secret_access_key, keys.session_token} {}
  Result<Credentials> get(MonoTime /*deadline*/) override { return credentials_; }

 private:
  const Credentials credentials_;
};

// The role that AWS gives a machine, by version 2 of its metadata service. Keys are kept until shortly before they end.
class RoleOfMachine final : public CredentialSource {
 public:
  RoleOfMachine(std::string endpoint, Executor& executor)
      : endpoint_(std::move(endpoint)),
        clock_(executor.clock()),
        http_(executor, {.connections_max = 2, .connect_timeout = kTimeOut, .ignores_proxies = true}) {}

  Result<Credentials> get(MonoTime deadline) override {
    const WallTime now = clock_.wall_now();
    const std::optional<RoleCredentials> known = kept();
    if (known && known->expires.nanos - Duration(kRenewBefore).count() > now.nanos) return known->credentials;
    auto fresh = ask(deadline);
    if (fresh) {
      keep(*fresh);
      return fresh->credentials;
    }
    if (known && known->expires > now) return known->credentials;
    return fail(fresh.error().code(),
                fmt::format("no keys for S3: --aws-access-key-id is not given, and the instance metadata service at {} "
                            "gives none ({}); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                            endpoint_, fresh.error().message()));
  }

 private:
  Result<RoleCredentials> ask(MonoTime deadline) {
    MAGNETITE_TRY(const Bytes token,
                  request("PUT", "/latest/api/token", "x-aws-ec2-metadata-token-ttl-seconds: 300", deadline));
    const std::string header = "x-aws-ec2-metadata-token: " + text_of(token);
    const std::string folder = "/latest/meta-data/iam/security-credentials/";
    MAGNETITE_TRY(const Bytes roles, request("GET", folder, header, deadline));
    const std::string role = text_of(roles).substr(0, text_of(roles).find('\n'));
    MAGNETITE_TRY(const Bytes answer, request("GET", folder + encode_url(role, false), header, deadline));
    return parse_role_credentials(answer);
  }

  Result<Bytes> request(std::string method, const std::string& path, std::string header, MonoTime deadline) {
    HttpOutcome outcome = http_.perform({.method = std::move(method),
                                         .url = endpoint_ + path,
                                         .headers = {std::move(header)},
                                         .answer_bytes_max = 64 * 1024,
                                         .time_out = kTimeOut},
                                        deadline);
    if (!outcome) return fail(ErrorCode::kUnavailable, outcome.error().message);
    if (outcome->status != 200) return fail(ErrorCode::kUnavailable, fmt::format("HTTP {}", outcome->status));
    return std::move(outcome->body);
  }

  static std::string text_of(const Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

  std::optional<RoleCredentials> kept() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return kept_;
  }
  void keep(RoleCredentials credentials) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    kept_ = std::move(credentials);
  }

  const std::string endpoint_;
  Clock& clock_;
  HttpClient http_;
  mutable Mutex mutex_;
  std::optional<RoleCredentials> kept_ GUARDED_BY(mutex_);
};

}  // namespace

Result<RoleCredentials> parse_role_credentials(const Bytes& body) {
  constexpr glz::opts kLenient{.error_on_unknown_keys = false};
  RoleAnswer answer;
  const std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
  const auto failure = glz::read<kLenient>(answer, text);
  const auto expires = parse_time(answer.Expiration);
  if (failure || !expires || answer.AccessKeyId.empty() || answer.SecretAccessKey.empty())
    return fail(ErrorCode::kUnavailable, "the machine's role has no keys");
  return RoleCredentials{{answer.AccessKeyId, answer.SecretAccessKey, answer.Token}, *expires};
}

std::unique_ptr<CredentialSource> make_credential_source(const S3Settings& settings, Executor& executor) {
  if (settings.keys) return std::make_unique<GivenKeys>(*settings.keys);
  return std::make_unique<RoleOfMachine>(
      settings.metadata_endpoint.empty() ? std::string(kMetadataEndpoint) : settings.metadata_endpoint, executor);
}

}  // namespace magnetite::object_store::s3
