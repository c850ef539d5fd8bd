#include "object_store/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace magnetite::object_store {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

struct Needed {
  const std::string& value;
  std::string_view name;
};

// Names all that is missing at once.
Result<> check_given(std::string_view kind, std::initializer_list<Needed> needed) {
  std::vector<std::string_view> missing;
  for (const Needed& each : needed)
    if (each.value.empty()) missing.push_back(each.name);
  if (missing.empty()) return {};
  return fail(ErrorCode::kInvalidInput, fmt::format("--object-store {} needs {}", kind, fmt::join(missing, ", ")));
}

constexpr std::string_view kDataDir = "--data-dir (MAGNETITE_DB_DIR)";
constexpr std::string_view kBucket = "--bucket (MAGNETITE_BUCKET)";
constexpr std::string_view kAccessKey = "--aws-access-key-id (AWS_ACCESS_KEY_ID)";
constexpr std::string_view kSecretKey = "--aws-secret-access-key (AWS_SECRET_ACCESS_KEY)";

// What other servers call their region is their business; it becomes a part of the signature.
bool is_region(std::string_view region) {
  return std::ranges::all_of(region, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

// "eu-west-1"
bool is_aws_region(std::string_view region) {
  const bool is_lower = std::ranges::none_of(region, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
  return is_lower && std::ranges::count(region, '-') >= 2 && region.back() >= '0' && region.back() <= '9';
}

// It becomes a part of a URL.
bool is_bucket(std::string_view bucket) {
  return bucket.size() >= 3 && bucket.size() <= 63 && std::ranges::all_of(bucket, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == '_';
         });
}

bool is_endpoint(std::string_view endpoint) {
  const bool has_scheme = endpoint.starts_with("http://") || endpoint.starts_with("https://");
  return has_scheme && !endpoint.ends_with("://") && endpoint.find_first_of(" ?#@") == std::string_view::npos;
}

// They become headers; what is copied from a file often ends in a newline. Never shown.
bool is_key(std::string_view key) {
  return std::ranges::all_of(key, [](char c) { return c > ' ' && c < '\x7F'; });
}

std::unexpected<Error> wrong(std::string_view option, std::string_view value, std::string_view expected) {
  return fail(ErrorCode::kInvalidInput, fmt::format("{} '{}' is not {}", option, value, expected));
}

Result<S3Addressing> addressing_of(const StoreOptions& options) {
  const std::string addressing = lower(options.s3_addressing);
  if (addressing == "path") return S3Addressing::kPath;
  if (addressing == "virtual") return S3Addressing::kVirtualHost;
  if (addressing == "auto") return options.aws_endpoint.empty() ? S3Addressing::kVirtualHost : S3Addressing::kPath;
  return wrong("--s3-addressing", options.s3_addressing, "auto, path or virtual");
}

Result<StoreSettings> s3_settings(const StoreOptions& options) {
  const std::string given = "given";
  const bool has_one_key = options.aws_access_key_id.empty() != options.aws_secret_access_key.empty();
  MAGNETITE_RETURN_IF_ERROR(check_given("s3", {{options.bucket, kBucket},
                                               {has_one_key ? options.aws_access_key_id : given, kAccessKey},
                                               {has_one_key ? options.aws_secret_access_key : given, kSecretKey}}));
  S3Settings settings;
  if (!is_bucket(options.bucket))
    return wrong("--bucket", options.bucket, "a name of 3 to 63 letters, digits, '-', '.' and '_'");
  settings.bucket = options.bucket;
  for (const auto& [value, name] :
       {Needed{options.aws_access_key_id, kAccessKey}, Needed{options.aws_secret_access_key, kSecretKey},
        Needed{options.aws_session_token, "--aws-session-token (AWS_SESSION_TOKEN)"}})
    if (!is_key(value))
      return fail(ErrorCode::kInvalidInput, fmt::format("{} has spaces, newlines or non-ASCII characters", name));
  if (!options.aws_access_key_id.empty())
    settings.keys = S3Keys{options.aws_access_key_id, options.aws_secret_access_key, options.aws_session_token};
  if (!options.aws_default_region.empty()) settings.region = options.aws_default_region;
  if (!is_region(settings.region) || (options.aws_endpoint.empty() && !is_aws_region(settings.region)))
    return wrong("--aws-default-region", settings.region, "a region of AWS, such as eu-west-1");
  if (!options.aws_endpoint.empty() && !is_endpoint(options.aws_endpoint))
    return wrong("--aws-endpoint", options.aws_endpoint, "a URL such as http://127.0.0.1:9000");
  settings.endpoint = options.aws_endpoint;
  MAGNETITE_TRY(settings.addressing, addressing_of(options));
  settings.ca_bundle = options.aws_ca_bundle;
  settings.metadata_endpoint = options.aws_metadata_endpoint;
  return settings;
}

}  // namespace

Result<StoreSettings> store_settings(const StoreOptions& options) {
  const std::string kind = lower(options.kind);
  if (kind == "memory") return MemorySettings{};
  if (kind == "memorythrottled") return ThrottledMemorySettings{};
  if (kind == "file") {
    MAGNETITE_RETURN_IF_ERROR(check_given(kind, {{options.data_dir, kDataDir}}));
    return FileSettings{options.data_dir + "/store"};
  }
  if (kind == "s3") return s3_settings(options);
  if (kind == "google" || kind == "azure")
    return fail(ErrorCode::kInvalidInput,
                fmt::format("--object-store {} is not supported with this build; use file, s3 or memory", kind));
  return wrong("--object-store", options.kind, "memory, memorythrottled, file, s3, google or azure");
}

}  // namespace magnetite::object_store
