// Where an S3 bucket is and how to get at it.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"

namespace magnetite::object_store {

struct S3Keys {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token = {};  // empty: none
  bool operator==(const S3Keys&) const = default;
};

// Where the bucket's name goes: http://host/bucket/key or http://bucket.host/key.
enum class S3Addressing : uint8_t { kPath, kVirtualHost };

struct S3Settings {
  std::string bucket;
  std::optional<S3Keys> keys = {};  // none: of the machine's role, by the instance metadata service
  std::string region = "us-east-1";
  std::string endpoint = {};  // "http://127.0.0.1:9000"; empty: AWS
  S3Addressing addressing = S3Addressing::kVirtualHost;
  std::string ca_bundle = {};          // file of certificates; empty: the system's
  std::string metadata_endpoint = {};  // of the instance metadata service; empty: where AWS has it
  bool operator==(const S3Settings&) const = default;
};

}  // namespace magnetite::object_store
