#include "query/sql/instance.h"

#include <fmt/format.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <duckdb/main/valid_checker.hpp>
#include <duckdb/storage/buffer_manager.hpp>
#include <thread>

#include "query/sql/bridges/bridges.h"
#include "query/sql/catalog.h"
#include "query/sql/errors.h"
#include "query/sql/lockdown.h"
#include "query/sql/series_ends_rule.h"

namespace magnetite::query::sql {
namespace {

uint64_t machine_memory_bytes() {
  struct sysinfo info{};
  return ::sysinfo(&info) == 0 ? static_cast<uint64_t>(info.totalram) * info.mem_unit : uint64_t{4} << 30;
}

}  // namespace

Result<std::shared_ptr<Instance>> Instance::open(const EngineOptions& options, const DatabaseSource& databases) {
  return guarded([&]() -> Result<std::shared_ptr<Instance>> {
    std::shared_ptr<Instance> instance(new Instance());
    instance->prepare(options, databases);
    return instance;
  });
}

void Instance::prepare(const EngineOptions& options, const DatabaseSource& databases) {
  duckdb::DBConfig config;
  const size_t threads = options.threads != 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  const size_t memory = options.memory_bytes_max != 0 ? options.memory_bytes_max : machine_memory_bytes() / 5 * 2;
  config.SetOptionByName("threads", duckdb::Value::BIGINT(static_cast<int64_t>(threads)));
  config.SetOptionByName("memory_limit", duckdb::Value(fmt::format("{}B", memory)));
  config.SetOptionByName("temp_directory", duckdb::Value(options.spill_folder));
  config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
  config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
  register_catalog(config, databases);
  register_series_ends_rule(config);
  database_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
  register_bridges(*database_->instance);
  lock_down(*database_);
  duckdb::Connection setup(*database_);
  for (const std::string& statement :
       {fmt::format("ATTACH '' AS \"{}\" (TYPE {})", kCatalogName, kExtensionName),
        std::string("SET GLOBAL TimeZone = 'UTC'"), std::string("SET GLOBAL enable_external_access = false"),
        std::string("SET GLOBAL lock_configuration = true")}) {
    auto result = setup.Query(statement);
    result->Complete();
    if (result->HasError()) result->ThrowError();
  }
}

std::unique_ptr<duckdb::Connection> Instance::borrow() {
  const MutexLock lock(mutex_);
  if (idle_.empty()) return std::make_unique<duckdb::Connection>(*database_);
  std::unique_ptr<duckdb::Connection> connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void Instance::give_back(std::unique_ptr<duckdb::Connection> connection) {
  constexpr size_t kIdleMax = 16;
  const MutexLock lock(mutex_);
  if (idle_.size() < kIdleMax) idle_.push_back(std::move(connection));
}

EngineMemory Instance::memory() const {
  const auto& buffers = duckdb::BufferManager::GetBufferManager(*database_->instance);
  return {buffers.GetUsedMemory(), buffers.GetMaxMemory()};
}

bool Instance::is_broken() const { return duckdb::ValidChecker::IsInvalidated(*database_->instance); }

}  // namespace magnetite::query::sql
