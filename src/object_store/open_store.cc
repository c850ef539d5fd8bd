#include "object_store/open_store.h"

#include "object_store/file/file_store.h"
#include "object_store/memory/memory_store.h"
#include "object_store/memory/throttled_store.h"
#include "object_store/s3/s3_store.h"

namespace magnetite::object_store {
namespace {

struct Opener {
  Executor& executor;
  Disk& disk;

  std::unique_ptr<ObjectStore> operator()(const MemorySettings&) const { return make_memory_store(executor.clock()); }
  std::unique_ptr<ObjectStore> operator()(const ThrottledMemorySettings&) const {
    return make_throttled_store(make_memory_store(executor.clock()), executor, kDistantStore);
  }
  std::unique_ptr<ObjectStore> operator()(const FileSettings& settings) const {
    return make_file_store(disk, settings.root);
  }
  std::unique_ptr<ObjectStore> operator()(const S3Settings& settings) const {
    return make_s3_store(settings, executor);
  }
};

}  // namespace

std::unique_ptr<ObjectStore> open_store(const StoreSettings& settings, Executor& executor, Disk& disk) {
  return std::visit(Opener{executor, disk}, settings);
}

bool is_volatile(const StoreSettings& settings) {
  return std::holds_alternative<MemorySettings>(settings) || std::holds_alternative<ThrottledMemorySettings>(settings);
}

}  // namespace magnetite::object_store
