// Data of the TSBS "cpu-only" shape: each step gives one row per host, 10 tags and 10 integer fields that walk at
// random between 0 and 100. The same options give the same bytes on every machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace magnetite::tsbs {

inline constexpr size_t kFieldCount = 10;
extern const std::array<const char*, kFieldCount> kFieldNames;

struct GeneratorOptions {
  uint32_t hosts = 100;
  int64_t start_ns = 1'451'606'400'000'000'000;  // 2016-01-01T00:00:00Z
  int64_t interval_ns = 10'000'000'000;
  uint64_t steps = 100;
  uint64_t seed = 123;
};

enum class Format : uint8_t { kLineProtocol, kCsv };

// Not thread-safe. Rows come step by step, within a step by host.
class Generator {
 public:
  explicit Generator(GeneratorOptions options);

  uint64_t rows_total() const { return options_.steps * options_.hosts; }
  // Appends at most `rows_max` rows; returns how many, 0 at the end.
  size_t append(Format format, size_t rows_max, std::string& out);

  static std::string csv_header();

 private:
  struct Host {
    std::string line_prefix;  // "cpu,hostname=...,service_environment=test "
    std::string csv_prefix;
    std::array<int32_t, kFieldCount> walk{};  // in 1/256
  };

  void advance(Host& host);
  uint64_t below(uint64_t bound) { return engine_() % bound; }

  GeneratorOptions options_;
  std::mt19937_64 engine_;
  std::vector<Host> hosts_;
  uint64_t step_ = 0;
  size_t host_ = 0;
};

}  // namespace magnetite::tsbs
