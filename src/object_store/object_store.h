// Whole objects under path-like names. Implementations: memory, file; one conformance suite (object_store_test.cc).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace magnetite::object_store {

// Folders and a file name; any bytes. text() percent-encodes each part, so it round-trips exactly and a part never
// holds a '/'.
class ObjectPath {
 public:
  ObjectPath() = default;
  explicit ObjectPath(std::vector<std::string> parts) : parts_(std::move(parts)) {}
  static Result<ObjectPath> parse(std::string_view text);

  const std::vector<std::string>& parts() const { return parts_; }
  ObjectPath operator/(std::string_view part) const;
  std::string text() const;
  auto operator<=>(const ObjectPath&) const = default;

 private:
  std::vector<std::string> parts_;
};

using Bytes = std::vector<std::byte>;

// What is directly below a folder.
struct FolderListing {
  std::vector<ObjectPath> objects;
  std::vector<std::string> folders;  // decoded names
};

// Thread-safe; calls block. Errors: kNotFound, kAlreadyExists, kUnavailable (not done, repeat), kUnclear (a put that may
// have been done), kResourceExhausted.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  virtual std::string description() const = 0;  // "file ./data/store"
  // Fails at once, with one clear line, when the store cannot be used.
  virtual Result<> check() = 0;
  virtual Result<> put(const ObjectPath& path, std::span<const std::byte> bytes) = 0;            // atomic, durable
  virtual Result<> put_if_absent(const ObjectPath& path, std::span<const std::byte> bytes) = 0;  // kAlreadyExists
  virtual Result<Bytes> get(const ObjectPath& path) = 0;
  virtual Result<> remove(const ObjectPath& path) = 0;  // a missing object is fine
  virtual Result<FolderListing> list_folder(const ObjectPath& folder) = 0;  // sorted; a missing folder is empty
};

}  // namespace magnetite::object_store
