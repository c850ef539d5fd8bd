#include <arrow/memory_pool.h>

#include "http/metrics.h"
#include "metrics/families.h"
#include "process/allocator_statistics.h"
#include "process/process_statistics.h"
#include "process/version.h"
#include "query/sql/engine.h"

namespace magnetite::http {
namespace {

void collect_allocators(const query::sql::Engine& engine, metrics::Families& into) {
  metrics::Family bytes = into.gauge("magnetite_allocator_bytes", "Memory by who hands it out");
  const auto add = [&](const char* allocator, const char* stat, uint64_t value) {
    bytes.add({{"allocator", allocator}, {"stat", stat}}, value);
  };
  const process::AllocatorStatistics libc = process::allocator_statistics();
  add("libc", "arena", libc.arena_bytes);
  add("libc", "mapped", libc.mapped_bytes);
  add("libc", "in_use", libc.in_use_bytes);
  add("libc", "free", libc.free_bytes);
  const arrow::MemoryPool& pool = *arrow::default_memory_pool();
  add("arrow", "in_use", static_cast<uint64_t>(pool.bytes_allocated()));
  add("arrow", "in_use_max", static_cast<uint64_t>(pool.max_memory()));
  const query::sql::EngineMemory sql = engine.memory();
  add("duckdb", "in_use", sql.bytes);
  add("duckdb", "limit", sql.bytes_max);
}

}  // namespace

// Names without a prefix are those that every client library of Prometheus gives to these facts.
void collect_process(const query::sql::Engine& engine, metrics::Families& into) {
  into.gauge("magnetite_build_info", "1; the labels say what was built")
      .add({{"version", std::string(process::version())}, {"compiler", std::string(process::compiler())}}, 1.0);
  collect_allocators(engine, into);
  const auto statistics = process::read_statistics();
  if (!statistics) return;
  into.counter("process_cpu_seconds_total", "User and system time, in seconds").add({}, statistics->cpu.count());
  into.gauge("process_resident_memory_bytes", "Memory that is in RAM").add({}, statistics->resident_bytes);
  into.gauge("process_virtual_memory_bytes", "Memory that has addresses").add({}, statistics->virtual_bytes);
  into.gauge("process_open_fds", "Open file descriptors").add({}, statistics->open_descriptors);
  into.gauge("process_max_fds", "Limit of file descriptors").add({}, statistics->descriptors_max);
  into.gauge("process_start_time_seconds", "When the process began, since the Unix epoch")
      .add({}, statistics->start_seconds);
  into.gauge("process_threads", "Threads").add({}, statistics->threads);
}

}  // namespace magnetite::http
