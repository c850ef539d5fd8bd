// The conformance suite over the stores that need no service.
#include "object_store/testing/conformance.h"

#include <filesystem>

#include "base/sim/sim_disk.h"
#include "model/ids.h"
#include "object_store/file/file_store.h"
#include "object_store/memory/memory_store.h"
#include "object_store/memory/throttled_store.h"
#include "object_store/testing/faulty_store.h"

namespace magnetite::object_store::testing {
namespace {

class OwnedStore final : public StoreUnderTest {
 public:
  explicit OwnedStore(std::unique_ptr<ObjectStore> store) : store_(std::move(store)) {}
  ObjectStore& store() override { return *store_; }

 private:
  const std::unique_ptr<ObjectStore> store_;
};

class OnDisk final : public StoreUnderTest {
 public:
  explicit OnDisk(std::unique_ptr<Disk> disk)
      : root_(::testing::TempDir() + "store-" + model::Uuid::random().text()),
        disk_(std::move(disk)),
        store_(make_file_store(*disk_, root_ + "/deep/er")) {}
  ~OnDisk() override { std::filesystem::remove_all(root_); }
  ObjectStore& store() override { return *store_; }

 private:
  const std::string root_;
  const std::unique_ptr<Disk> disk_;
  const std::unique_ptr<ObjectStore> store_;
};

class Throttled final : public StoreUnderTest {
 public:
  ObjectStore& store() override { return *store_; }

 private:
  const std::unique_ptr<Executor> executor_ = make_thread_executor();
  const std::unique_ptr<ObjectStore> store_ = make_throttled_store(make_memory_store(), *executor_, {});
};

class FaultyWithoutFaults final : public StoreUnderTest {
 public:
  ObjectStore& store() override { return store_; }

 private:
  const std::unique_ptr<ObjectStore> inner_ = make_memory_store();
  FaultyStore store_{*inner_};
};

const StoreKind kMemory{"memory", [] { return std::make_unique<OwnedStore>(make_memory_store()); }};
const StoreKind kThrottled{"memorythrottled", [] { return std::make_unique<Throttled>(); }};
const StoreKind kFile{"file", [] { return std::make_unique<OnDisk>(make_posix_disk()); }, 300};
const StoreKind kSimulatedFile{"file_on_simulated_disk",
                               [] { return std::make_unique<OnDisk>(std::make_unique<sim::SimDisk>()); }, 300};
const StoreKind kFaulty{"faulty_without_faults", [] { return std::make_unique<FaultyWithoutFaults>(); }};

INSTANTIATE_TEST_SUITE_P(All, ObjectStoreConformance,
                         ::testing::Values(kMemory, kThrottled, kFile, kSimulatedFile, kFaulty), name_of_kind);

}  // namespace
}  // namespace magnetite::object_store::testing
