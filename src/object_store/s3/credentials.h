// Whose name requests are signed in: given keys, or the role of the machine.
#pragma once

#include <memory>

#include "object_store/s3/http_client.h"
#include "object_store/s3/s3_settings.h"

namespace magnetite::object_store::s3 {

// Thread-safe.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  virtual Result<Credentials> get(MonoTime deadline) = 0;
};

std::unique_ptr<CredentialSource> make_credential_source(const S3Settings& settings, Executor& executor);

// An answer of the instance metadata service.
struct RoleCredentials {
  Credentials credentials;
  WallTime expires;
};
Result<RoleCredentials> parse_role_credentials(const Bytes& body);  // kUnavailable when it is none

}  // namespace magnetite::object_store::s3
