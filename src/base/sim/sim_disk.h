// An in-memory Disk that knows exactly what would outlive a power cut, and fails on demand. Each operation is a
// scheduling point inside a task of a SimExecutor. Thread-safe.
//
//   SimDisk disk(&executor, seed);
//   disk.fail_next({.operation = DiskOperation::kSync, .effect = FaultEffect::kForgetUnsynced});
//   disk.power_off_at_change(n, {});  // ...run, let everything fail and end...
//   disk.power_on();                  // ...recover and look
#pragma once

#include <array>
#include <atomic>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/sim/disk_image.h"

namespace magnetite::sim {

enum class DiskOperation : uint8_t {
  kOpen,    // an existing file
  kCreate,  // open() of a new file
  kRead,
  kWrite,
  kSync,
  kTruncate,
  kSize,
  kCreateDirectories,
  kRename,
  kLink,
  kRemove,
  kSyncDirectory,
  kList,
  kExists,
  kSpace,
  kLock,
};
inline constexpr size_t kDiskOperations = 16;
std::string_view to_string(DiskOperation operation);

enum class FaultEffect : uint8_t {
  kNothing,         // fails and does nothing
  kPartial,         // a write: a random part of it, from its start, is written first
  kForgetUnsynced,  // a sync: what it should have made durable never will be, though it can still be read
  kDone,            // is done, and then reported as failed
};

struct Fault {
  DiskOperation operation = DiskOperation::kWrite;
  ErrorCode code = ErrorCode::kUnavailable;
  uint64_t count = 1;          // so many times
  uint64_t after = 0;          // once so many such operations went well
  std::string path_part = {};  // only on paths that contain it
  FaultEffect effect = FaultEffect::kNothing;
};

class SimDisk final : public Disk {
 public:
  // The whole disk at one moment, unsynced changes included. Cheap to copy.
  class Snapshot {
    friend class SimDisk;
    DiskImage image_;
  };

  // `executor` may be nullptr, else outlives the disk.
  explicit SimDisk(Executor* executor = nullptr, uint64_t seed = 1);

  // Disk. Files and locks must not outlive the disk.
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<> create_directories(const std::string& path) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> link(const std::string& from, const std::string& to) override;
  Result<> remove(const std::string& path) override;
  Result<> sync_directory(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> list(const std::string& path) override;
  Result<bool> exists(const std::string& path) override;
  Result<DiskSpace> space(const std::string& path) override;
  Result<std::unique_ptr<FolderLock>> lock_folder(const std::string& path) override;

  // While the power is off every operation fails with kUnavailable "disk lost power"; files and locks from before
  // stay dead for ever. What is on the disk is settled by the policy at the moment of the cut.
  void power_off(const PowerCutPolicy& policy = {});
  void power_on();
  void power_cut(const PowerCutPolicy& policy = {});  // off and on
  // Cuts the power during the n-th change from the disk's beginning (see changes()). That change fails and, like all
  // unsynced ones, may or may not be found afterwards. 0: never.
  void power_off_at_change(uint64_t n, const PowerCutPolicy& policy = {});
  bool is_on() const;

  void fail_next(Fault fault);  // faults add up; the first that fits is used
  void clear_faults();
  void set_capacity_bytes(uint64_t capacity);  // sizes of files with a name or a handle count, nothing else
  void set_sync_latency(Duration latency);     // simulated time that each sync takes; needs an executor

  // Operations begun that alter the disk or make it durable: create, write, sync, truncate, the name operations.
  uint64_t changes() const;
  uint64_t operations(DiskOperation operation) const;
  uint64_t used_bytes() const;
  size_t unsynced_changes(const std::string& path) const;  // of a file's content

  Snapshot snapshot() const;
  void restore(const Snapshot& snapshot);  // as after a power cut that kept everything; handles and locks die

  // Past all rules and faults. Content as processes see it, and as it would be found if nothing unsynced survived.
  Result<std::string> read_live(const std::string& path) const;
  Result<std::string> read_durable(const std::string& path) const;
  Result<> overwrite(const std::string& path, std::string_view bytes);  // durable at once; makes the file if missing
  Result<> flip_bit(const std::string& path, uint64_t byte, unsigned bit);

 private:
  class SimFile;
  class SimLock;
  struct State {
    DiskImage image;
    DiskImage::Random random;
    uint64_t era = 0;  // handles of an earlier one are dead
    bool is_on = true;
    std::set<std::string> locks = {};
    std::vector<Fault> faults = {};
    uint64_t capacity_bytes = uint64_t{1} << 40;
    uint64_t changes = 0;
    uint64_t cut_at_change = 0;
    PowerCutPolicy cut_policy = {};
    std::array<uint64_t, kDiskOperations> counts = {};
  };

  // Every operation goes through here: scheduling point, count, power, faults. `body(State&, const Fault*)` does it,
  // the fault is nullptr or the one reported afterwards.
  template <class Body>
  auto perform(DiskOperation operation, const std::string& path, Body body)
      -> decltype(body(std::declval<State&>(), nullptr));
  void schedule(DiskOperation operation);
  static std::optional<Fault> use_fault(State& state, DiskOperation operation, const std::string& path);
  static void cut(State& state, const PowerCutPolicy& policy);

  Executor* const executor_;
  std::atomic<int64_t> sync_latency_nanos_ = 0;
  mutable Mutex mutex_;
  State state_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::sim
