#include "generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>

namespace magnetite::tsbs {

const std::array<const char*, kFieldCount> kFieldNames = {
    "usage_user", "usage_system",  "usage_idle",  "usage_nice",  "usage_iowait",
    "usage_irq",  "usage_softirq", "usage_steal", "usage_guest", "usage_guest_nice"};

namespace {

struct Region {
  const char* name;
  uint32_t datacenters;
};
constexpr Region kRegions[] = {{"us-east-1", 3},      {"us-west-1", 2},      {"us-west-2", 3},
                               {"eu-west-1", 3},      {"eu-central-1", 2},   {"ap-southeast-1", 2},
                               {"ap-southeast-2", 2}, {"ap-northeast-1", 2}, {"sa-east-1", 3}};
constexpr const char* kSystems[] = {"Ubuntu16.10", "Ubuntu16.04LTS", "Ubuntu15.10"};
constexpr const char* kArchitectures[] = {"x64", "x86"};
constexpr const char* kTeams[] = {"SF", "NYC", "LON", "CHI"};
constexpr const char* kEnvironments[] = {"production", "staging", "test"};
constexpr const char* kTagNames[] = {"hostname", "region",          "datacenter",         "rack", "os", "arch", "team",
                                     "service",  "service_version", "service_environment"};
constexpr int32_t kOne = 256;
constexpr int32_t kTop = 100 * kOne;

}  // namespace

Generator::Generator(GeneratorOptions options) : options_(options), engine_(options.seed) {
  hosts_.reserve(options_.hosts);
  for (uint32_t i = 0; i < options_.hosts; ++i) {
    const Region& region = kRegions[below(std::size(kRegions))];
    const auto letter = static_cast<char>('a' + below(region.datacenters));
    const std::string values[] = {fmt::format("host_{}", i),
                                  region.name,
                                  fmt::format("{}{}", region.name, letter),
                                  fmt::to_string(below(100)),
                                  kSystems[below(std::size(kSystems))],
                                  kArchitectures[below(std::size(kArchitectures))],
                                  kTeams[below(std::size(kTeams))],
                                  fmt::to_string(below(20)),
                                  fmt::to_string(below(2)),
                                  kEnvironments[below(std::size(kEnvironments))]};
    Host host;
    host.line_prefix = "cpu";
    for (size_t tag = 0; tag < std::size(values); ++tag) {
      host.line_prefix += fmt::format(",{}={}", kTagNames[tag], values[tag]);
      host.csv_prefix += values[tag] + ',';
    }
    host.line_prefix += ' ';
    for (int32_t& walk : host.walk) walk = static_cast<int32_t>(below(kTop + 1));
    hosts_.push_back(std::move(host));
  }
}

// A step of about normal distribution with deviation 1: the number of ones among 16 random bits.
void Generator::advance(Host& host) {
  uint64_t bits = 0;
  for (size_t field = 0; field < kFieldCount; ++field) {
    bits = field % 4 == 0 ? engine_() : bits >> 16;
    const int32_t ones = std::popcount(static_cast<uint16_t>(bits));
    host.walk[field] = std::clamp(host.walk[field] + (ones - 8) * (kOne / 2), 0, kTop);
  }
}

size_t Generator::append(Format format, size_t rows_max, std::string& out) {
  size_t rows = 0;
  for (; rows < rows_max && step_ < options_.steps && !hosts_.empty(); ++rows) {
    Host& host = hosts_[host_];
    if (step_ > 0) advance(host);
    const int64_t time = options_.start_ns + static_cast<int64_t>(step_) * options_.interval_ns;
    out += format == Format::kLineProtocol ? host.line_prefix : host.csv_prefix;
    for (size_t field = 0; field < kFieldCount; ++field) {
      const fmt::format_int value(host.walk[field] / kOne);
      if (format == Format::kLineProtocol) {
        if (field > 0) out += ',';
        out += kFieldNames[field];
        out += '=';
        out.append(value.data(), value.size());
        out += 'i';
      } else {
        out.append(value.data(), value.size());
        out += ',';
      }
    }
    if (format == Format::kLineProtocol) out += ' ';
    const fmt::format_int time_text(time);
    out.append(time_text.data(), time_text.size());
    out += '\n';
    if (++host_ == hosts_.size()) {
      host_ = 0;
      ++step_;
    }
  }
  return rows;
}

std::string Generator::csv_header() {
  std::string header;
  for (const char* tag : kTagNames) header += fmt::format("{},", tag);
  for (const char* field : kFieldNames) header += fmt::format("{},", field);
  return header + "time\n";
}

}  // namespace magnetite::tsbs
