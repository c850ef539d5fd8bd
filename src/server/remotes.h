// Other servers by their id, and where they are: <server id>/remotes.pb in the object store (docs/formats/remotes.md).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "model/ids.h"
#include "object_store/object_store.h"

namespace magnetite::server {

struct Remote {
  uint32_t id = 0;
  std::string connection_string;
  bool operator==(const Remote&) const = default;
};

inline constexpr size_t kRemotesMax = 10'000;
inline constexpr size_t kConnectionBytesMax = 4 * 1024;  // more is no address

// Thread-safe; calls block. The file is read by the first call that needs it, and again by the next one when that
// failed: kFailedPrecondition for a file that cannot be understood, which is then left alone; else as the store says.
// `store` outlives it. `server` is the same in all calls.
class Remotes {
 public:
  explicit Remotes(object_store::ObjectStore& store) : store_(store) {}

  Result<std::vector<Remote>> list(model::ServerId server) EXCLUDES(mutex_);  // by id
  // Stored before it is seen. kInvalidInput with the field's path.
  Result<> set(model::ServerId server, Remote remote) EXCLUDES(mutex_);
  Result<> remove(model::ServerId server, uint32_t id) EXCLUDES(mutex_);  // kNotFound

 private:
  using Addresses = std::map<uint32_t, std::string>;

  Result<Addresses> current(model::ServerId server) EXCLUDES(mutex_);
  Result<> store(model::ServerId server, Addresses addresses) EXCLUDES(mutex_);

  object_store::ObjectStore& store_;
  Mutex change_mutex_;  // held over I/O: file and memory change in the same order
  Mutex mutex_;
  std::optional<Addresses> addresses_ GUARDED_BY(mutex_);  // absent: not read yet
};

object_store::Bytes encode_remotes_file(const std::vector<Remote>& remotes);
Result<std::vector<Remote>> decode_remotes_file(const object_store::Bytes& bytes);  // kCorruption

}  // namespace magnetite::server
