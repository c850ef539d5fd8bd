// The options of a store, as given, into what is needed to open it. Pure.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "object_store/s3/s3_settings.h"

namespace magnetite::object_store {

// Each by its flag or its environment variable; empty: not given.
struct StoreOptions {
  std::string kind = "file";  // --object-store; upper and lower case are the same
  std::string data_dir = {};
  std::string bucket = {};
  std::string aws_access_key_id = {};
  std::string aws_secret_access_key = {};
  std::string aws_session_token = {};
  std::string aws_default_region = {};
  std::string aws_endpoint = {};
  std::string aws_ca_bundle = {};
  std::string aws_metadata_endpoint = {};
  std::string s3_addressing = "auto";  // path, virtual; auto: path when there is an endpoint
};

struct MemorySettings {
  bool operator==(const MemorySettings&) const = default;
};
struct ThrottledMemorySettings {
  bool operator==(const ThrottledMemorySettings&) const = default;
};
struct FileSettings {
  std::string root;
  bool operator==(const FileSettings&) const = default;
};
using StoreSettings = std::variant<MemorySettings, ThrottledMemorySettings, FileSettings, S3Settings>;

// kInvalidInput with one line that names everything that is missing or wrong.
Result<StoreSettings> store_settings(const StoreOptions& options);

}  // namespace magnetite::object_store
