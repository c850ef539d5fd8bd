// A database's folder in a store that fails on demand, and short words for what goes into its catalog.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "base/sim/sim_executor.h"
#include "catalog/catalog.h"
#include "object_store/memory/memory_store.h"
#include "object_store/testing/faulty_store.h"

namespace magnetite::catalog::testing {

using object_store::testing::FaultyStore;
using object_store::testing::StoreCall;
using object_store::testing::StoreFault;
using object_store::testing::StoreFaultEffect;

inline model::Uuid uuid(uint8_t number) {
  model::Uuid uuid;
  uuid.bytes.fill(number);
  return uuid;
}

inline const StartLog kLog{uuid(9), 2};

inline FileEntry file(std::string path, uint64_t order = 1, uint64_t size_bytes = 4) {
  FileEntry file;
  file.path = std::move(path);
  file.chunk = {static_cast<uint32_t>(order)};
  file.order = {order};
  file.row_count = 10;
  file.size_bytes = size_bytes;
  file.times = {0, 99};
  file.checksum = 0x1234;
  file.first_series = "a";
  file.last_series = "b";
  return file;
}
inline AddFile add(const std::string& name, uint64_t order = 1, const std::string& table = "cpu") {
  return {table, "2026-01-01", file("data/" + table + "/" + name + ".parquet", order)};
}
inline RemoveFile removal(const AddFile& action) { return {action.table, action.partition_key, action.file.path}; }

inline persistence::SequencerRanges persisted_to(uint64_t number) {
  return {{model::SequencerId{0}, persistence::OptionalMinMaxSequence::persisted({number})}};
}
inline persistence::PartitionCheckpoint partition_at(uint64_t number, const std::string& table = "cpu") {
  return {kLog.log_id, table, "2026-01-01", persisted_to(number), 5};
}
inline persistence::DatabaseCheckpoint database_at(uint64_t number) { return {kLog.log_id, persisted_to(number)}; }

inline std::vector<std::string> paths(const State& state) {
  std::vector<std::string> found;
  for_each_file(state, [&](const Table&, const Partition&, const FilePointer& each) { found.push_back(each->path); });
  return found;
}

// Passes everything on; tests override what they want to see or to spoil.
class ObjectStoreRelay : public object_store::ObjectStore {
 public:
  explicit ObjectStoreRelay(object_store::ObjectStore& inner) : inner_(inner) {}
  std::string description() const override { return inner_.description(); }
  Result<> check() override { return inner_.check(); }
  Result<> put(const ObjectPath& path, std::span<const std::byte> bytes) override { return inner_.put(path, bytes); }
  Result<> put_if_absent(const ObjectPath& path, std::span<const std::byte> bytes) override {
    return inner_.put_if_absent(path, bytes);
  }
  Result<std::unique_ptr<object_store::ObjectWriter>> start_put(const ObjectPath& path) override {
    return inner_.start_put(path);
  }
  Result<object_store::Bytes> get(const ObjectPath& path) override { return inner_.get(path); }
  Result<object_store::Bytes> get_range(const ObjectPath& path, uint64_t offset, uint64_t size) override {
    return inner_.get_range(path, offset, size);
  }
  Result<uint64_t> size(const ObjectPath& path) override { return inner_.size(path); }
  Result<> remove(const ObjectPath& path) override { return inner_.remove(path); }
  Result<object_store::ListPage> list_page(const object_store::ListRequest& request) override {
    return inner_.list_page(request);
  }

 protected:
  object_store::ObjectStore& inner_;
};

// The whole content, for comparing two states.
inline std::vector<std::byte> content(const State& state) {
  State same = state;
  same.revision = 0;
  same.transaction = {};
  return encode(RecordHeader{}, same);
}

class CatalogTest : public ::testing::Test {
 protected:
  const ObjectPath folder_{{"1", "db", "uuid"}};
  sim::SimExecutor executor_{7};
  std::unique_ptr<object_store::ObjectStore> memory_ = object_store::make_memory_store(executor_.clock());
  FaultyStore store_{*memory_};

  CatalogPlace place() { return {store_, executor_, folder_, uuid(1)}; }
  CatalogPlace place_in(object_store::ObjectStore& store) { return {store, executor_, folder_, uuid(1)}; }
  std::unique_ptr<Catalog> create() { return unwrap(Catalog::create(place())); }
  std::unique_ptr<Catalog> open(CatalogOptions options = {}) { return unwrap(Catalog::open(place(), options)); }
  std::expected<LoadedCatalog, Problem> load() { return load_catalog(*memory_, executor_, folder_, uuid(1)); }
  void run(std::move_only_function<void()> body) { executor_.run(std::move(body)); }

  object_store::Bytes read(const ObjectPath& object) { return memory_->get(object).value(); }
  void write(const ObjectPath& object, std::span<const std::byte> bytes) {
    ASSERT_TRUE(memory_->put(object, bytes).has_value());
  }
  void write_file(const std::string& path, size_t size_bytes = 4) {
    write(file_object(folder_, path).value(), std::vector<std::byte>(size_bytes));
  }
  bool file_exists(const std::string& path) { return memory_->size(file_object(folder_, path).value()).has_value(); }

  static std::unique_ptr<Catalog> unwrap(Result<std::unique_ptr<Catalog>> catalog) {
    EXPECT_TRUE(catalog.has_value()) << (catalog ? "" : catalog.error().describe());
    return catalog ? *std::move(catalog) : nullptr;
  }
};

}  // namespace magnetite::catalog::testing
