// Whole objects under path-like names. Implementations: memory, file; one conformance suite (conformance_test.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace magnetite::object_store {

// Folders and a file name; any bytes, but no empty part. text() percent-encodes each part, so that it round-trips
// exactly and a part holds no '/', is no "." or ".." and starts with no dot.
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

// kInvalidInput for a path that no object can have: no part at all, or an empty one.
Result<> check_object_path(const ObjectPath& path);

using Bytes = std::vector<std::byte>;

// What is directly below a folder.
struct FolderListing {
  std::vector<ObjectPath> objects;
  std::vector<std::string> folders;  // decoded names; each holds at least one object, however deep
};

// Thread-safe; calls block. What was put or removed is seen by the next get and list. An object must not be the folder
// of another one. Errors: kNotFound, kAlreadyExists, kInvalidInput (an empty path or part), kUnavailable (not done,
// repeat), kUnclear (a put that may have been done, repeat or look), kResourceExhausted.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  virtual std::string description() const = 0;  // "file ./data/store"
  // Fails at once, with one clear line, when the store cannot be used.
  virtual Result<> check() = 0;
  virtual Result<> put(const ObjectPath& path, std::span<const std::byte> bytes) = 0;  // atomic, durable
  // kAlreadyExists: some put was done and is durable, perhaps an earlier try of this one.
  virtual Result<> put_if_absent(const ObjectPath& path, std::span<const std::byte> bytes) = 0;
  virtual Result<Bytes> get(const ObjectPath& path) = 0;
  // kInvalidInput unless the object has that many bytes.
  virtual Result<Bytes> get_range(const ObjectPath& path, uint64_t offset, uint64_t size) = 0;
  virtual Result<> remove(const ObjectPath& path) = 0;  // a missing object is fine
  // Sorted by path; a missing folder is empty.
  virtual Result<FolderListing> list_folder(const ObjectPath& folder) = 0;
  virtual Result<std::vector<ObjectPath>> list(const ObjectPath& folder) = 0;  // all below it, however deep
};

}  // namespace magnetite::object_store
