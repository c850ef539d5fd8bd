// A store that fails on demand or by chance, for tests of what stands on stores. The same seed and calls give the same
// faults.
//
//   FaultyStore store(*memory, {.seed = 7, .executor = &executor});
//   store.fail_next({.call = StoreCall::kPutIfAbsent, .effect = StoreFaultEffect::kUnclearDone, .path_part = "txn"});
//   store.fail_by_chance({.not_done_percent = 5, .unclear_done_percent = 2});
#pragma once

#include <array>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/executor.h"
#include "object_store/object_store.h"

namespace magnetite::object_store::testing {

enum class StoreCall : uint8_t {
  kAny,
  kCheck,
  kPut,
  kPutIfAbsent,
  kStartPut,
  kAppend,
  kCommit,
  kGet,
  kGetRange,
  kSize,
  kRemove,
  kListPage,
};
inline constexpr size_t kStoreCalls = 12;
std::string_view to_string(StoreCall call);

enum class StoreFaultEffect : uint8_t {
  kNotDone,         // kUnavailable (or Fault::code), and nothing happened
  kUnclearDone,     // a change is done, then reported as kUnclear; a read fails with kUnavailable
  kUnclearNotDone,  // a change is not done, and reported as kUnclear; a read fails with kUnavailable
  kSlow,            // takes Fault::delay, then all is well
  kCorrupt,         // a read returns its bytes with one bit flipped; changes and listings are not touched
  kMissing,         // a read says kNotFound, a listing lacks its first object; changes are not touched
};

struct StoreFault {
  StoreCall call = StoreCall::kAny;
  StoreFaultEffect effect = StoreFaultEffect::kNotDone;
  ErrorCode code = ErrorCode::kUnavailable;  // of kNotDone
  uint64_t count = 1;                        // so many times
  uint64_t after = 0;                        // once so many such calls went well
  std::string path_part = {};                // only on paths whose text contains it
  Duration delay = std::chrono::seconds(1);  // of kSlow
};

// Per call; drawn in this order.
struct StoreFaultChances {
  uint32_t not_done_percent = 0;
  uint32_t unclear_done_percent = 0;
  uint32_t unclear_not_done_percent = 0;
  uint32_t slow_percent = 0;
  uint32_t corrupt_percent = 0;
  uint32_t missing_percent = 0;
  Duration delay = std::chrono::seconds(1);
};

struct FaultyStoreOptions {
  uint64_t seed = 1;
  Executor* executor = nullptr;  // waits through it, and lets other tasks run at each call; slow needs it
};

// Thread-safe; deterministic where the order of calls is. `inner` and the executor outlive it.
class FaultyStore final : public ObjectStore {
 public:
  explicit FaultyStore(ObjectStore& inner, FaultyStoreOptions options = {});

  void fail_next(StoreFault fault);  // faults add up; the first that fits is used
  void fail_by_chance(StoreFaultChances chances);
  void clear_faults();  // chances too
  uint64_t calls(StoreCall call) const;
  uint64_t faults_used() const;

  std::string description() const override { return inner_.description() + ", faulty"; }
  Result<> check() override;
  Result<> put(const ObjectPath& path, std::span<const std::byte> bytes) override;
  Result<> put_if_absent(const ObjectPath& path, std::span<const std::byte> bytes) override;
  Result<std::unique_ptr<ObjectWriter>> start_put(const ObjectPath& path) override;
  Result<Bytes> get(const ObjectPath& path) override;
  Result<Bytes> get_range(const ObjectPath& path, uint64_t offset, uint64_t size) override;
  Result<uint64_t> size(const ObjectPath& path) override;
  Result<> remove(const ObjectPath& path) override;
  Result<ListPage> list_page(const ListRequest& request) override;

 private:
  class Writer;

  // Counts the call, lets it wait, and says which fault it meets.
  std::optional<StoreFault> meet(StoreCall call, const std::string& path);
  std::optional<StoreFault> draw(StoreCall call, const std::string& path) REQUIRES(mutex_);
  template <class Body>
  Result<> change(StoreCall call, const std::string& path, Body body);
  template <class Body>
  auto read(StoreCall call, const std::string& path, Body body) -> decltype(body());
  void flip_a_bit(Bytes& bytes);

  ObjectStore& inner_;
  Executor* const executor_;
  mutable Mutex mutex_;
  std::mt19937_64 random_ GUARDED_BY(mutex_);
  std::vector<StoreFault> faults_ GUARDED_BY(mutex_);
  StoreFaultChances chances_ GUARDED_BY(mutex_);
  std::array<uint64_t, kStoreCalls> calls_ GUARDED_BY(mutex_) = {};
  uint64_t faults_used_ GUARDED_BY(mutex_) = 0;
};

}  // namespace magnetite::object_store::testing
