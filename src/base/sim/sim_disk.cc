#include "base/sim/sim_disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace magnetite::sim {
namespace {

std::unexpected<Error> lost_power() { return fail(ErrorCode::kUnavailable, "disk lost power"); }

bool is_sync(DiskOperation operation) {
  return operation == DiskOperation::kSync || operation == DiskOperation::kSyncDirectory;
}

bool is_change(DiskOperation operation) {
  switch (operation) {
    case DiskOperation::kOpen:
    case DiskOperation::kRead:
    case DiskOperation::kSize:
    case DiskOperation::kList:
    case DiskOperation::kExists:
    case DiskOperation::kSpace:
    case DiskOperation::kLock:
      return false;
    default:
      return true;
  }
}

std::string text_of(const PagedBytes& bytes) {
  std::string text(bytes.size(), '\0');
  bytes.read(0, std::as_writable_bytes(std::span(text)));
  return text;
}

std::string without_slash_at_end(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

std::string_view to_string(DiskOperation operation) {
  static constexpr std::array<std::string_view, kDiskOperations> kNames = {
      "open",   "create", "read",   "write",       "sync", "truncate", "size",    "create folder",
      "rename", "link",   "remove", "sync folder", "list", "stat",     "statvfs", "lock"};
  return kNames[static_cast<size_t>(operation)];
}

class SimDisk::SimFile final : public File {
  template <class Body>
  auto perform(DiskOperation operation, Body body) {
    return disk_.perform(operation, path_, [&](State& state, const Fault* fault) -> decltype(body(state, fault)) {
      if (era_ != state.era) return lost_power();
      return body(state, fault);
    });
  }

 public:
  SimFile(SimDisk& disk, std::string path, DiskImage::InodeId id, uint64_t era, OpenMode mode)
      : disk_(disk), path_(std::move(path)), id_(id), era_(era), mode_(mode) {}
  ~SimFile() override {
    const MutexLock lock(disk_.mutex_);
    if (era_ == disk_.state_.era) disk_.state_.image.closed(id_);
  }

  Result<> read_at(uint64_t offset, std::span<std::byte> out) override {
    return perform(DiskOperation::kRead, [&](State& state, const Fault*) -> Result<> {
      const PagedBytes& bytes = state.image.bytes(id_);
      if (offset > bytes.size() || out.size() > bytes.size() - offset)
        return fail(ErrorCode::kInvalidInput, fmt::format("{}: offset {} is past the end", path_, bytes.size()));
      bytes.read(offset, out);
      return {};
    });
  }

  Result<> write_at(uint64_t offset, std::span<const std::byte> bytes) override {
    return perform(DiskOperation::kWrite, [&](State& state, const Fault* fault) -> Result<> {
      if (mode_ == OpenMode::kRead) return fail(ErrorCode::kUnavailable, path_ + ": opened for reading");
      const uint64_t places = offset | bytes.size() | reinterpret_cast<uintptr_t>(bytes.data());
      MAGNETITE_CHECK(mode_ != OpenMode::kWriteDirect || places % kBlockBytes == 0);
      auto fits = bytes;
      const bool is_partial = fault != nullptr && fault->effect == FaultEffect::kPartial;
      if (is_partial) fits = fits.first(state.random() % (bytes.size() + 1));
      const uint64_t end_max = state.image.bytes(id_).size() + free_bytes(state);
      if (offset + fits.size() > end_max) fits = fits.first(end_max > offset ? end_max - offset : 0);
      state.image.write(id_, offset, fits, state.changes);
      if (fits.size() < bytes.size() && !is_partial) return no_space();
      return {};
    });
  }

  Result<> sync_data() override {
    return perform(DiskOperation::kSync, [&](State& state, const Fault* fault) -> Result<> {
      if (fault != nullptr && fault->effect == FaultEffect::kForgetUnsynced)
        state.image.forget_unsynced(id_);
      else
        state.image.sync(id_);
      return {};
    });
  }

  Result<> truncate(uint64_t size) override {
    return perform(DiskOperation::kTruncate, [&](State& state, const Fault*) -> Result<> {
      if (mode_ == OpenMode::kRead) return fail(ErrorCode::kUnavailable, path_ + ": opened for reading");
      const uint64_t old_size = state.image.bytes(id_).size();
      if (size > old_size && size - old_size > free_bytes(state)) return no_space();
      state.image.truncate(id_, size, state.changes);
      return {};
    });
  }

  Result<uint64_t> size() override {
    return perform(DiskOperation::kSize,
                   [&](State& state, const Fault*) -> Result<uint64_t> { return state.image.bytes(id_).size(); });
  }

 private:
  static uint64_t free_bytes(const State& state) {
    const uint64_t used = state.image.used_bytes();
    return state.capacity_bytes > used ? state.capacity_bytes - used : 0;
  }
  std::unexpected<Error> no_space() const {
    return fail(ErrorCode::kResourceExhausted, path_ + ": no space left on device");
  }

  SimDisk& disk_;
  const std::string path_;
  const DiskImage::InodeId id_;
  const uint64_t era_;
  const OpenMode mode_;
};

class SimDisk::SimLock final : public FolderLock {
 public:
  SimLock(SimDisk& disk, std::string folder, uint64_t era) : disk_(disk), folder_(std::move(folder)), era_(era) {}
  ~SimLock() override {
    const MutexLock lock(disk_.mutex_);
    if (era_ == disk_.state_.era) disk_.state_.locks.erase(folder_);
  }

 private:
  SimDisk& disk_;
  const std::string folder_;
  const uint64_t era_;
};

SimDisk::SimDisk(Executor* executor, uint64_t seed)
    : executor_(executor), state_{.image = {}, .random = DiskImage::Random(seed)} {}

void SimDisk::schedule(DiskOperation operation) {
  if (executor_ == nullptr) return;
  executor_->yield();
  if (is_sync(operation) && sync_latency_nanos_ > 0) executor_->pause(Duration(sync_latency_nanos_));
}

template <class Body>
auto SimDisk::perform(DiskOperation operation, const std::string& path, Body body)
    -> decltype(body(std::declval<State&>(), nullptr)) {
  schedule(operation);
  const MutexLock lock(mutex_);
  if (executor_ != nullptr) state_.image.set_time(executor_->clock().wall_now());
  ++state_.counts[static_cast<size_t>(operation)];
  if (!state_.is_on) return lost_power();
  const bool cut_now = is_change(operation) && ++state_.changes == state_.cut_at_change;
  if (cut_now && is_sync(operation)) {  // how far the sync came is what the policy says
    cut(state_, state_.cut_policy);
    return lost_power();
  }
  const std::optional<Fault> fault = use_fault(state_, operation, path);
  if (!fault || fault->effect != FaultEffect::kNothing) {
    auto result = body(state_, fault ? &*fault : nullptr);
    if (cut_now) {
      cut(state_, state_.cut_policy);
      return lost_power();
    }
    if (!result) return std::unexpected(std::move(result).error().with_context(to_string(operation)));
    if (!fault) return result;
  }
  return fail(fault->code, fmt::format("{} {}: injected fault", to_string(operation), path));
}

std::optional<Fault> SimDisk::use_fault(State& state, DiskOperation operation, const std::string& path) {
  for (auto fault = state.faults.begin(); fault != state.faults.end(); ++fault) {
    if (fault->operation != operation || !path.contains(fault->path_part)) continue;
    if (fault->after > 0) {
      --fault->after;
      continue;
    }
    Fault used = *fault;  // a copy: the fault may go
    if (--fault->count == 0) state.faults.erase(fault);
    return used;
  }
  return std::nullopt;
}

Result<std::unique_ptr<File>> SimDisk::open(const std::string& path, OpenMode mode) {
  using Opened = std::pair<DiskImage::InodeId, uint64_t>;
  const DiskOperation operation = mode == OpenMode::kCreate ? DiskOperation::kCreate : DiskOperation::kOpen;
  MAGNETITE_TRY(const Opened opened, perform(operation, path, [&](State& state, const Fault* fault) -> Result<Opened> {
                  MAGNETITE_TRY(const DiskImage::InodeId id, mode == OpenMode::kCreate
                                                                 ? state.image.create_file(path, state.changes)
                                                                 : state.image.find_file(path));
                  if (fault == nullptr) state.image.opened(id);
                  return Opened(id, state.era);
                }));
  return std::make_unique<SimFile>(*this, path, opened.first, opened.second, mode);
}

Result<> SimDisk::create_directories(const std::string& path) {
  return perform(DiskOperation::kCreateDirectories, path,
                 [&](State& state, const Fault*) { return state.image.create_directories(path, state.changes); });
}

Result<> SimDisk::rename(const std::string& from, const std::string& to) {
  return perform(DiskOperation::kRename, from,
                 [&](State& state, const Fault*) { return state.image.rename(from, to, state.changes); });
}

Result<> SimDisk::link(const std::string& from, const std::string& to) {
  return perform(DiskOperation::kLink, to,
                 [&](State& state, const Fault*) { return state.image.link(from, to, state.changes); });
}

Result<> SimDisk::remove(const std::string& path) {
  return perform(DiskOperation::kRemove, path,
                 [&](State& state, const Fault*) { return state.image.remove(path, state.changes); });
}

Result<> SimDisk::sync_directory(const std::string& path) {
  return perform(DiskOperation::kSyncDirectory, path, [&](State& state, const Fault* fault) -> Result<> {
    // Names stay in the journal of a file system: a failed sync only postpones them.
    if (fault != nullptr && fault->effect == FaultEffect::kForgetUnsynced) return {};
    return state.image.sync_directory(path);
  });
}

Result<std::vector<DirectoryEntry>> SimDisk::list(const std::string& path) {
  return perform(DiskOperation::kList, path, [&](State& state, const Fault*) { return state.image.list(path); });
}

Result<bool> SimDisk::exists(const std::string& path) {
  return perform(DiskOperation::kExists, path,
                 [&](State& state, const Fault*) -> Result<bool> { return state.image.exists(path); });
}

Result<DiskSpace> SimDisk::space(const std::string& path) {
  return perform(DiskOperation::kSpace, path, [&](State& state, const Fault*) -> Result<DiskSpace> {
    if (!state.image.exists(path)) return fail(ErrorCode::kNotFound, path + ": no such file or directory");
    const uint64_t used = std::min(state.image.used_bytes(), state.capacity_bytes);
    return DiskSpace{state.capacity_bytes, state.capacity_bytes - used};
  });
}

Result<std::unique_ptr<FolderLock>> SimDisk::lock_folder(const std::string& path) {
  const std::string folder = without_slash_at_end(path);
  MAGNETITE_TRY(const uint64_t era,
                perform(DiskOperation::kLock, path, [&](State& state, const Fault* fault) -> Result<uint64_t> {
                  const std::string file = folder + "/lock";
                  if (!state.image.exists(file))
                    MAGNETITE_RETURN_IF_ERROR(state.image.create_file(file, state.changes).transform([](auto) {}));
                  if (state.locks.contains(folder))
                    return fail(ErrorCode::kFailedPrecondition, path + " is in use by another process");
                  if (fault == nullptr) state.locks.insert(folder);
                  return state.era;
                }));
  return std::make_unique<SimLock>(*this, folder, era);
}

void SimDisk::cut(State& state, const PowerCutPolicy& policy) {
  state.image.power_cut(policy, state.random);
  state.locks.clear();
  state.is_on = false;
  ++state.era;
}

void SimDisk::power_off(const PowerCutPolicy& policy) {
  const MutexLock lock(mutex_);
  if (state_.is_on) cut(state_, policy);
}

void SimDisk::power_on() {
  const MutexLock lock(mutex_);
  state_.is_on = true;
}

void SimDisk::power_cut(const PowerCutPolicy& policy) {
  power_off(policy);
  power_on();
}

void SimDisk::power_off_at_change(uint64_t n, const PowerCutPolicy& policy) {
  const MutexLock lock(mutex_);
  state_.cut_at_change = n;
  state_.cut_policy = policy;
}

bool SimDisk::is_on() const {
  const MutexLock lock(mutex_);
  return state_.is_on;
}

void SimDisk::fail_next(Fault fault) {
  const MutexLock lock(mutex_);
  if (fault.count > 0) state_.faults.push_back(std::move(fault));
}

void SimDisk::clear_faults() {
  const MutexLock lock(mutex_);
  state_.faults.clear();
}

void SimDisk::set_capacity_bytes(uint64_t capacity) {
  const MutexLock lock(mutex_);
  state_.capacity_bytes = capacity;
}

void SimDisk::set_sync_latency(Duration latency) { sync_latency_nanos_ = latency.count(); }

uint64_t SimDisk::changes() const {
  const MutexLock lock(mutex_);
  return state_.changes;
}

uint64_t SimDisk::operations(DiskOperation operation) const {
  const MutexLock lock(mutex_);
  return state_.counts[static_cast<size_t>(operation)];
}

uint64_t SimDisk::used_bytes() const {
  const MutexLock lock(mutex_);
  return state_.image.used_bytes();
}

size_t SimDisk::unsynced_changes(const std::string& path) const {
  const MutexLock lock(mutex_);
  const auto id = state_.image.find_file(path);
  return id ? state_.image.unsynced_changes(*id) : 0;
}

SimDisk::Snapshot SimDisk::snapshot() const {
  const MutexLock lock(mutex_);
  Snapshot snapshot;
  snapshot.image_ = state_.image;
  return snapshot;
}

void SimDisk::restore(const Snapshot& snapshot) {
  const MutexLock lock(mutex_);
  state_.image = snapshot.image_;
  state_.image.close_all();
  state_.locks.clear();
  state_.is_on = true;
  ++state_.era;
}

Result<std::string> SimDisk::read_live(const std::string& path) const {
  const MutexLock lock(mutex_);
  MAGNETITE_TRY(const DiskImage::InodeId id, state_.image.find_file(path));
  return text_of(state_.image.bytes(id));
}

Result<std::string> SimDisk::read_durable(const std::string& path) const {
  const MutexLock lock(mutex_);
  return state_.image.durable_bytes(path).transform(text_of);
}

Result<> SimDisk::overwrite(const std::string& path, std::string_view bytes) {
  const MutexLock lock(mutex_);
  return state_.image.overwrite(path, std::as_bytes(std::span(bytes)));
}

Result<> SimDisk::flip_bit(const std::string& path, uint64_t byte, unsigned bit) {
  const MutexLock lock(mutex_);
  return state_.image.flip_bit(path, byte, bit);
}

}  // namespace magnetite::sim
