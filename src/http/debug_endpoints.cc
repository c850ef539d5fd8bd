// /debug/pprof: where CPU time and memory go, for people who look into a running server.
#include <arrow/memory_pool.h>
#include <fmt/format.h>

#include <charconv>

#include "http/service.h"
#include "http/status.h"
#include "process/allocator_statistics.h"
#include "process/cpu_profile.h"
#include "process/heap_profile.h"
#include "query/sql/engine.h"

namespace magnetite::http {
namespace {

constexpr std::string_view kIndex = R"(<!DOCTYPE html>
<html><head><title>Magnetite: pprof</title></head><body><h1>pprof</h1><ul>
<li><a href="/debug/pprof/profile?seconds=30&amp;frequency=99">profile</a>: CPU samples of so many seconds (1 to 300), so many
 of a second (1 to 1000), for <code>pprof</code> and <code>go tool pprof</code>; one at a time</li>
<li><a href="/debug/pprof/heap">heap</a>: a profile of live memory for the same programs, where the process was started with an
 allocator that samples; <a href="/debug/pprof/heap?debug=1">else, and with debug=1</a>, what the allocators hold, as text</li>
</ul></body></html>
)";

Result<uint32_t> number_of(const Request& request, std::string_view name, uint32_t otherwise, uint32_t max) {
  const auto text = request.parameters.find(name);
  if (!text) return otherwise;
  uint32_t value = 0;
  const char* end = text->data() + text->size();
  const auto [stopped, code] = std::from_chars(text->data(), end, value);
  if (code != std::errc() || stopped != end || value == 0 || value > max)
    return fail(ErrorCode::kInvalidInput, fmt::format("{} must be a number from 1 to {}", name, max));
  return value;
}

std::string heap_report(const query::sql::Engine& engine) {
  const process::AllocatorStatistics libc = process::allocator_statistics();
  const arrow::MemoryPool& pool = *arrow::default_memory_pool();
  const query::sql::EngineMemory sql = engine.memory();
  return fmt::format(
      "libc arena {} bytes, mapped {}, of the arena in use {}, free {}\n"
      "arrow ({}) in use {}, at most so far {}\n"
      "duckdb buffers in use {}, limit {}\n\n{}",
      libc.arena_bytes, libc.mapped_bytes, libc.in_use_bytes, libc.free_bytes, pool.backend_name(),
      pool.bytes_allocated(), pool.max_memory(), sql.bytes, sql.bytes_max, process::allocator_report());
}

}  // namespace

Response Service::debug(const Request& request) {
  if (request.path == "/debug/pprof/profile") return profile(request);
  if (request.path == "/debug/pprof/heap") {
    auto sampled = request.parameters.get("debug") == "1" ? std::nullopt : process::heap_profile();
    return sampled ? text_answer(200, *std::move(sampled), "application/octet-stream")
                   : text_answer(200, heap_report(engine_));
  }
  return text_answer(200, std::string(kIndex), "text/html; charset=utf-8");
}

Response Service::profile(const Request& request) {
  constexpr uint32_t kSeconds = 30, kSecondsMax = 300;
  constexpr uint32_t kFrequency = 99;  // beside the rhythm of whatever happens a hundred times a second
  const auto seconds = number_of(request, "seconds", kSeconds, kSecondsMax);
  if (!seconds) return error_answer(seconds.error(), Api::kV3);
  const auto frequency = number_of(request, "frequency", kFrequency, process::kProfileFrequencyMax);
  if (!frequency) return error_answer(frequency.error(), Api::kV3);
  if (profiler_ == nullptr) return error_answer(Error(ErrorCode::kUnavailable, "no profiles are taken"), Api::kV3);
  auto profile = profiler_->begin(*frequency);
  if (!profile) return error_answer(profile.error(), Api::kV3);
  if (request.cancellation != nullptr) request.cancellation->set_interrupt([&running = **profile] { running.end(); });
  (*profile)->wait(std::chrono::seconds(*seconds));
  if (request.cancellation != nullptr) request.cancellation->set_interrupt(nullptr);
  auto bytes = (*profile)->finish();
  if (!bytes) return error_answer(bytes.error(), Api::kV3);
  Response response = text_answer(200, *std::move(bytes), "application/octet-stream");
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"profile.prof\"");
  return response;
}

}  // namespace magnetite::http
