// The XML that S3 answers with and asks for. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace magnetite::object_store::s3 {

struct ErrorAnswer {
  std::string code;     // "NoSuchKey"
  std::string message;  // one line, of bounded length
  std::string region;   // where the bucket lies, when the answer says so
};
// nullopt: the body is no error.
std::optional<ErrorAnswer> parse_error(std::span<const std::byte> body);

struct ListedKey {
  std::string key;
  uint64_t size_bytes = 0;
  WallTime last_modified;
};
struct ListAnswer {
  std::vector<ListedKey> keys;
  std::vector<std::string> prefixes;  // each ends with '/'
  std::string next_token;             // empty: complete
};
// kUnavailable when it is no listing, or a truncated one that cannot be continued.
Result<ListAnswer> parse_listing(std::span<const std::byte> body);

Result<std::string> parse_upload_id(std::span<const std::byte> body);
std::string complete_upload_body(const std::vector<std::string>& part_etags);  // parts 1, 2, ...

// "2026-11-25T15:00:00.123Z"; nullopt otherwise.
std::optional<WallTime> parse_time(std::string_view text);

}  // namespace magnetite::object_store::s3
