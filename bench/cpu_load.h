// Lines as TSBS's cpu-only writes them: 10 tags, 10 integer fields that walk at random between 0 and 100.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace magnetite::bench {

inline constexpr size_t kHosts = 4'000;
inline constexpr size_t kFields = 10;
inline constexpr int64_t kInterval = 10'000'000'000;
inline constexpr std::array<const char*, kFields> kFieldNames = {
    "usage_user", "usage_system",  "usage_idle",  "usage_nice",  "usage_iowait",
    "usage_irq",  "usage_softirq", "usage_steal", "usage_guest", "usage_guest_nice"};

class Load {
 public:
  Load() : values_(kHosts * kFields) {
    for (double& value : values_) value = uniform_(random_);
    for (size_t host = 0; host < kHosts; ++host) {
      const unsigned region = pick(9);
      tags_.push_back(
          fmt::format("cpu,hostname=host_{},region=region-{},datacenter=region-{}{},rack={},os=Ubuntu{},arch=x{}"
                      ",team=team-{},service={},service_version={},service_environment=env-{}",
                      host, region, region, pick(3), pick(100), pick(3), pick(2), pick(4), pick(20), pick(2), pick(3)));
    }
  }

  // One line of every host, `steps` times.
  std::string lines(size_t steps) {
    std::string text;
    for (size_t step = 0; step < steps; ++step, time_ += kInterval) {
      for (size_t host = 0; host < kHosts; ++host) {
        text += tags_[host];
        for (size_t field = 0; field < kFields; ++field) {
          double& value = values_[host * kFields + field];
          value = std::clamp(value + normal_(random_), 0.0, 100.0);
          fmt::format_to(std::back_inserter(text), "{}{}={}i", field == 0 ? ' ' : ',', kFieldNames[field],
                         static_cast<int64_t>(value));
        }
        fmt::format_to(std::back_inserter(text), " {}\n", time_);
      }
    }
    return text;
  }

 private:
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  std::mt19937_64 random_{42};
  std::uniform_real_distribution<double> uniform_{0, 100};
  std::normal_distribution<double> normal_;
  std::vector<double> values_;
  std::vector<std::string> tags_;
  int64_t time_ = 1'451'606'400'000'000'000;
};

}  // namespace magnetite::bench
