#include "object_store/testing/faulty_store.h"

#include <fmt/format.h>

#include "base/check.h"

namespace magnetite::object_store::testing {
namespace {

std::string what(StoreCall call, const std::string& path) {
  return fmt::format("{} {}: injected fault", to_string(call), path);
}

// What a change says; nullopt: it goes on and may be well.
std::optional<Error> refusal(const StoreFault& fault, StoreCall call, const std::string& path) {
  if (fault.effect == StoreFaultEffect::kNotDone) return Error(fault.code, what(call, path));
  if (fault.effect == StoreFaultEffect::kUnclearNotDone) return Error(ErrorCode::kUnclear, what(call, path));
  return std::nullopt;
}

}  // namespace

std::string_view to_string(StoreCall call) {
  static constexpr std::array<std::string_view, kStoreCalls> kNames = {"any",       "check",  "put",    "put_if_absent",
                                                                       "start_put", "append", "commit", "get",
                                                                       "get_range", "size",   "remove", "list_page"};
  return kNames[static_cast<size_t>(call)];
}

FaultyStore::FaultyStore(ObjectStore& inner, FaultyStoreOptions options)
    : inner_(inner), executor_(options.executor), random_(options.seed) {}

void FaultyStore::fail_next(StoreFault fault) {
  MAGNETITE_CHECK(fault.effect != StoreFaultEffect::kSlow || executor_ != nullptr);
  const MutexLock lock(mutex_);
  faults_.push_back(std::move(fault));
}

void FaultyStore::fail_by_chance(StoreFaultChances chances) {
  MAGNETITE_CHECK(chances.slow_percent == 0 || executor_ != nullptr);
  const MutexLock lock(mutex_);
  chances_ = chances;
}

void FaultyStore::clear_faults() {
  const MutexLock lock(mutex_);
  faults_.clear();
  chances_ = {};
}

uint64_t FaultyStore::calls(StoreCall call) const {
  const MutexLock lock(mutex_);
  return calls_[static_cast<size_t>(call)];
}

uint64_t FaultyStore::faults_used() const {
  const MutexLock lock(mutex_);
  return faults_used_;
}

std::optional<StoreFault> FaultyStore::draw(StoreCall call, const std::string& path) {
  for (auto fault = faults_.begin(); fault != faults_.end(); ++fault) {
    if (fault->call != StoreCall::kAny && fault->call != call) continue;
    if (!path.contains(fault->path_part)) continue;
    if (fault->after > 0) {
      --fault->after;
      continue;
    }
    StoreFault used = *fault;
    if (--fault->count == 0) faults_.erase(fault);
    return used;
  }
  const auto chance = [&](uint32_t percent) REQUIRES(mutex_) { return percent > 0 && random_() % 100 < percent; };
  const Duration delay = chances_.delay;
  if (chance(chances_.not_done_percent)) return StoreFault{.effect = StoreFaultEffect::kNotDone};
  if (chance(chances_.unclear_done_percent)) return StoreFault{.effect = StoreFaultEffect::kUnclearDone};
  if (chance(chances_.unclear_not_done_percent)) return StoreFault{.effect = StoreFaultEffect::kUnclearNotDone};
  if (chance(chances_.slow_percent)) return StoreFault{.effect = StoreFaultEffect::kSlow, .delay = delay};
  if (chance(chances_.corrupt_percent)) return StoreFault{.effect = StoreFaultEffect::kCorrupt};
  if (chance(chances_.missing_percent)) return StoreFault{.effect = StoreFaultEffect::kMissing};
  return std::nullopt;
}

std::optional<StoreFault> FaultyStore::meet(StoreCall call, const std::string& path) {
  if (executor_ != nullptr) executor_->yield();
  std::optional<StoreFault> fault;
  {
    const MutexLock lock(mutex_);
    ++calls_[static_cast<size_t>(StoreCall::kAny)];
    ++calls_[static_cast<size_t>(call)];
    fault = draw(call, path);
    if (fault) ++faults_used_;
  }
  if (fault && fault->effect == StoreFaultEffect::kSlow) executor_->pause(fault->delay);
  return fault;
}

template <class Body>
Result<> FaultyStore::change(StoreCall call, const std::string& path, Body body) {
  const std::optional<StoreFault> fault = meet(call, path);
  if (fault)
    if (auto refused = refusal(*fault, call, path)) return std::unexpected(*std::move(refused));
  Result<> done = body();
  if (done && fault && fault->effect == StoreFaultEffect::kUnclearDone)
    return fail(ErrorCode::kUnclear, what(call, path));
  return done;
}

template <class Body>
auto FaultyStore::read(StoreCall call, const std::string& path, Body body) -> decltype(body()) {
  using Answer = decltype(body());
  constexpr bool kIsOfObject = std::is_same_v<Answer, Result<Bytes>> || std::is_same_v<Answer, Result<uint64_t>>;
  const std::optional<StoreFault> fault = meet(call, path);
  if (!fault) return body();
  const StoreFaultEffect effect = fault->effect;
  if (effect == StoreFaultEffect::kNotDone) return fail(fault->code, what(call, path));
  if (effect == StoreFaultEffect::kUnclearDone || effect == StoreFaultEffect::kUnclearNotDone)
    return fail(ErrorCode::kUnavailable, what(call, path));
  if (kIsOfObject && effect == StoreFaultEffect::kMissing) return fail(ErrorCode::kNotFound, what(call, path));
  Answer answer = body();
  if constexpr (std::is_same_v<Answer, Result<Bytes>>)
    if (answer && effect == StoreFaultEffect::kCorrupt) flip_a_bit(*answer);
  if constexpr (std::is_same_v<Answer, Result<ListPage>>)
    if (answer && effect == StoreFaultEffect::kMissing && !answer->objects.empty())
      answer->objects.erase(answer->objects.begin());
  return answer;
}

void FaultyStore::flip_a_bit(Bytes& bytes) {
  if (bytes.empty()) return;
  const MutexLock lock(mutex_);
  const uint64_t bit = random_() % (bytes.size() * 8);
  bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
}

class FaultyStore::Writer final : public ObjectWriter {
 public:
  Writer(FaultyStore& store, std::string path, std::unique_ptr<ObjectWriter> inner)
      : store_(store), path_(std::move(path)), inner_(std::move(inner)) {}

 private:
  Result<> write(std::span<const std::byte> bytes) override {
    // Nothing of a piece is seen before commit(): a piece is taken or not.
    return store_.read(StoreCall::kAppend, path_, [&] { return inner_->append(bytes); });
  }
  Result<> finish() override {
    return store_.change(StoreCall::kCommit, path_, [&] { return inner_->commit(); });
  }

  FaultyStore& store_;
  const std::string path_;
  const std::unique_ptr<ObjectWriter> inner_;
};

Result<> FaultyStore::check() {
  return change(StoreCall::kCheck, "", [&] { return inner_.check(); });
}

Result<> FaultyStore::put(const ObjectPath& path, std::span<const std::byte> bytes) {
  return change(StoreCall::kPut, path.text(), [&] { return inner_.put(path, bytes); });
}

Result<> FaultyStore::put_if_absent(const ObjectPath& path, std::span<const std::byte> bytes) {
  return change(StoreCall::kPutIfAbsent, path.text(), [&] { return inner_.put_if_absent(path, bytes); });
}

Result<std::unique_ptr<ObjectWriter>> FaultyStore::start_put(const ObjectPath& path) {
  MAGNETITE_TRY(std::unique_ptr<ObjectWriter> writer,
                read(StoreCall::kStartPut, path.text(), [&] { return inner_.start_put(path); }));
  return std::make_unique<Writer>(*this, path.text(), std::move(writer));
}

Result<Bytes> FaultyStore::get(const ObjectPath& path) {
  return read(StoreCall::kGet, path.text(), [&] { return inner_.get(path); });
}

Result<Bytes> FaultyStore::get_range(const ObjectPath& path, uint64_t offset, uint64_t size) {
  return read(StoreCall::kGetRange, path.text(), [&] { return inner_.get_range(path, offset, size); });
}

Result<uint64_t> FaultyStore::size(const ObjectPath& path) {
  return read(StoreCall::kSize, path.text(), [&] { return inner_.size(path); });
}

Result<> FaultyStore::remove(const ObjectPath& path) {
  return change(StoreCall::kRemove, path.text(), [&] { return inner_.remove(path); });
}

Result<ListPage> FaultyStore::list_page(const ListRequest& request) {
  return read(StoreCall::kListPage, request.folder.text(), [&] { return inner_.list_page(request); });
}

}  // namespace magnetite::object_store::testing
