// What a simulated disk holds: a tree of files and folders, each as processes see it (live) and as it would be found
// after a power cut (durable), with the ordered changes between the two. Copies share everything until changed.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/sim/paged_bytes.h"

namespace magnetite::sim {

// Which unsynced changes of a file or folder outlive a power cut.
enum class Survival : uint8_t {
  kAll,
  kNone,
  kPrefix,  // the first ones, of a random number
  kSubset,  // any of them, as if the disk had reordered them
  kTorn,    // any 512-byte sectors of any of them; a lost sector is old, zero or garbage. Bytes outside the written
            // range are never damaged. For names the same as kSubset.
  kRandom,  // one of the above, drawn for each file and folder
};

struct PowerCutPolicy {
  Survival writes = Survival::kRandom;
  Survival names = Survival::kRandom;
  // With kPrefix: exactly the changes numbered below this survive, over the whole disk (SimDisk::changes()).
  std::optional<uint64_t> prefix_end = {};
  std::optional<uint64_t> seed = {};  // else the disk draws on
};

class DiskImage {
 public:
  using InodeId = uint64_t;
  using Random = std::mt19937_64;

  DiskImage();

  void set_time(WallTime now) { now_ = now; }  // of the changes from here on

  // Names. `change` numbers the change. Errors as Disk has them.
  Result<InodeId> find_file(const std::string& path) const;
  Result<InodeId> create_file(const std::string& path, uint64_t change);
  Result<> create_directories(const std::string& path, uint64_t change);
  Result<> rename(const std::string& from, const std::string& to, uint64_t change);
  Result<> link(const std::string& from, const std::string& to, uint64_t change);
  Result<> remove(const std::string& path, uint64_t change);
  Result<> sync_directory(const std::string& path);
  Result<std::vector<DirectoryEntry>> list(const std::string& path) const;
  bool exists(const std::string& path) const;

  // Contents. The id comes from find_file() or create_file() and stays valid while opened() outnumbers closed().
  const PagedBytes& bytes(InodeId id) const { return inode(id).live; }
  void write(InodeId id, uint64_t offset, std::span<const std::byte> bytes, uint64_t change);
  void truncate(InodeId id, uint64_t size, uint64_t change);
  void sync(InodeId id);
  // What was written stays visible but will never become durable, as after a failed fsync on Linux.
  void forget_unsynced(InodeId id);
  size_t unsynced_changes(InodeId id) const { return inode(id).unsynced.size(); }
  void opened(InodeId id) { ++edit(id).opens; }
  void closed(InodeId id);

  // Of all files that have a name or are open, by size.
  uint64_t used_bytes() const;

  void power_cut(const PowerCutPolicy& policy, Random& random);
  void close_all();

  // Past the durability rules, for tests.
  Result<PagedBytes> durable_bytes(const std::string& path) const;
  Result<> overwrite(const std::string& path, std::span<const std::byte> bytes);
  Result<> flip_bit(const std::string& path, uint64_t byte, unsigned bit);

 private:
  struct Change {
    uint64_t number = 0;
    bool is_truncate = false;
    uint64_t offset = 0;  // of a truncate: the new size
    std::shared_ptr<const std::vector<std::byte>> bytes = {};
  };
  // Takes `removed` away and sets `added`, in one step; either may be empty.
  struct NameChange {
    uint64_t number = 0;
    std::string removed = {};
    std::string added = {};
    InodeId inode = 0;
    bool moved_elsewhere = false;  // the other half of a rename is a change of another folder
  };
  using Names = std::map<std::string, InodeId>;
  struct Inode {
    bool is_directory = false;
    uint32_t links = 0;
    uint32_t opens = 0;
    WallTime modified = {};
    PagedBytes live;
    PagedBytes durable;
    std::vector<Change> unsynced;
    Names names;
    Names durable_names;
    std::vector<NameChange> unsynced_names;
  };
  struct Place {  // a name that may or may not exist, in a folder that does
    InodeId folder = 0;
    std::string name;
    std::optional<InodeId> inode;
  };
  static constexpr InodeId kRoot = 1;

  static void apply(const Change& change, PagedBytes& bytes);
  static void apply(const NameChange& change, Names& names);
  static void apply_torn(const Change& change, PagedBytes& bytes, Random& random);

  const Inode& inode(InodeId id) const { return *inodes_.at(id); }
  Inode& edit(InodeId id);
  InodeId add_inode(bool is_directory);
  Result<InodeId> find(const std::string& path) const;
  Result<Place> find_place(const std::string& path) const;
  bool is_inside(InodeId folder, InodeId ancestor) const;
  void change_names(InodeId folder, NameChange change);
  void sync_names(InodeId folder);
  void unlink(InodeId id);
  Result<> overwrite_inode(InodeId id, std::span<const std::byte> bytes);
  std::map<InodeId, Names> names_after_cut(const PowerCutPolicy& policy, Random& random) const;
  static PagedBytes bytes_after_cut(const Inode& file, const PowerCutPolicy& policy, Random& random);
  void collect_garbage();

  std::map<InodeId, std::shared_ptr<Inode>> inodes_;
  InodeId next_id_ = kRoot + 1;
  size_t unlinked_since_collection_ = 0;
  WallTime now_ = {};
};

}  // namespace magnetite::sim
