// Names of objects.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace magnetite::object_store {

// A name on a file system has at most 255 bytes, a key of S3 1,024.
inline constexpr size_t kPartTextBytesMax = 255;
inline constexpr size_t kPathTextBytesMax = 1024;

// Folders and a file name; any bytes. text() percent-encodes each part, so that it round-trips exactly and a part holds
// no '/', is not empty ("%" stands for that), is no "." or ".." and starts with no dot.
class ObjectPath {
 public:
  ObjectPath() = default;
  explicit ObjectPath(std::vector<std::string> parts) : parts_(std::move(parts)) {}
  // kInvalidInput unless it is the text() of a path.
  static Result<ObjectPath> parse(std::string_view text);

  const std::vector<std::string>& parts() const { return parts_; }
  ObjectPath operator/(std::string_view part) const;
  std::string text() const;
  // Also of the folder itself.
  bool is_below(const ObjectPath& folder) const;
  auto operator<=>(const ObjectPath&) const = default;

 private:
  std::vector<std::string> parts_;
};

// How every part that starts with `prefix` starts in text().
std::string encode_prefix(std::string_view prefix);

// kInvalidInput for a path that no object can have: no part at all, or a text above its bound.
Result<> check_object_path(const ObjectPath& path);

}  // namespace magnetite::object_store
