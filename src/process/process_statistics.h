// What the kernel counts for this process.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace magnetite::process {

struct ProcessStatistics {
  std::chrono::duration<double> cpu{};  // user and system, all threads
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  uint64_t threads = 0;
  double start_seconds = 0;  // since the Unix epoch
  uint64_t open_descriptors = 0;
  uint64_t descriptors_max = 0;
};

// nullopt where there is no /proc.
std::optional<ProcessStatistics> read_statistics();

// The units of /proc: clock ticks a second, bytes a page.
struct KernelUnits {
  uint64_t ticks_per_second = 100;
  uint64_t page_bytes = 4096;
};

// Lines of /proc/self/stat and /proc/stat; all but descriptors. Pure.
std::optional<ProcessStatistics> parse_statistics(std::string_view process, std::string_view machine,
                                                  const KernelUnits& units);

}  // namespace magnetite::process
