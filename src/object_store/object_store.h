// Whole objects under path-like names. Implementations: memory, memorythrottled, file, s3; one conformance suite for
// all (testing/conformance.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "object_store/object_path.h"

namespace magnetite::object_store {

using Bytes = std::vector<std::byte>;

struct ObjectInfo {
  ObjectPath path;
  uint64_t size_bytes = 0;
  WallTime last_modified = {};  // by the store's clock
};

// A listing goes page by page, in the byte order of ObjectPath::text(), a folder's text ending with '/'.
struct ListRequest {
  ObjectPath folder;             // only what is below it; a missing folder is empty
  std::string name_prefix = {};  // only where the part after `folder` starts with it
  bool deep = false;             // all objects below, however deep; else objects directly there, and folders
  std::string after = {};        // ListPage::next of the page before, of the same request
  size_t limit = 1'000;          // of objects and folders together; at least 1, and a store may answer fewer
};
struct ListPage {
  std::vector<ObjectInfo> objects;
  std::vector<std::string> folders;  // decoded names; each holds at least one object, however deep
  std::string next;                  // empty: this is the last page. A page may be empty although more follow
};

// What is directly below a folder, sorted by path.
struct FolderListing {
  std::vector<ObjectPath> objects;
  std::vector<std::string> folders;
};

// One object being written in pieces. Nothing is seen of it before commit(), and nothing ever when it is destroyed
// without. After an error it takes nothing more (kFailedPrecondition): destroy it and start again. Not thread-safe.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  // Another size makes append() or commit() fail with kInvalidInput.
  void declare_size(uint64_t bytes) { declared_bytes_ = bytes; }
  Result<> append(std::span<const std::byte> bytes);
  Result<> commit();  // atomic, durable, replaces; kUnclear as for put()
  uint64_t size_bytes() const { return size_bytes_; }

 protected:
  ObjectWriter() = default;

 private:
  enum class State : uint8_t { kOpen, kFailed, kCommitted };

  virtual Result<> write(std::span<const std::byte> bytes) = 0;
  virtual Result<> finish() = 0;
  Result<> check_open() const;

  State state_ = State::kOpen;
  uint64_t size_bytes_ = 0;
  std::optional<uint64_t> declared_bytes_;
};

// Thread-safe; calls block. What was put or removed is seen by the next get and list. An object must not be the folder
// of another one. Errors: kNotFound, kAlreadyExists, kInvalidInput (a path without parts or too long), kTooLarge,
// kUnavailable (not done, repeat), kUnclear (a change that may have been done, repeat or look), kResourceExhausted (no
// space), kFailedPrecondition (an operator must act: wrong keys, no such bucket).
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  virtual std::string description() const = 0;  // "file ./data/store"
  // Once, before all other calls: fails within seconds, with one clear line, when the store cannot be used. Removes
  // what puts of an earlier process left behind.
  virtual Result<> check() = 0;
  virtual Result<> put(const ObjectPath& path, std::span<const std::byte> bytes) = 0;  // atomic, durable, replaces
  // kAlreadyExists: some put was done and is durable, perhaps an earlier try of this one.
  virtual Result<> put_if_absent(const ObjectPath& path, std::span<const std::byte> bytes) = 0;
  // The writer must not outlive the store.
  virtual Result<std::unique_ptr<ObjectWriter>> start_put(const ObjectPath& path) = 0;
  virtual Result<Bytes> get(const ObjectPath& path) = 0;
  // kInvalidInput unless the object has that many bytes.
  virtual Result<Bytes> get_range(const ObjectPath& path, uint64_t offset, uint64_t size) = 0;
  virtual Result<uint64_t> size(const ObjectPath& path) = 0;
  virtual Result<> remove(const ObjectPath& path) = 0;  // a missing object is fine
  virtual Result<ListPage> list_page(const ListRequest& request) = 0;

  // Every page of a listing, sorted by path.
  Result<FolderListing> list_folder(const ObjectPath& folder);
  Result<std::vector<ObjectPath>> list(const ObjectPath& folder);  // all below it, however deep
};

}  // namespace magnetite::object_store
