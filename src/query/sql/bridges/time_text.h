// Instants as people and clients write them: RFC 3339, and the shorter forms that SQL allows. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace magnetite::query::sql {

struct Instant {
  int64_t seconds = 0;  // since 1970 in UTC
  uint32_t nanos = 0;
  bool operator==(const Instant&) const = default;
};

// 2024-01-31, 2024-01-31T23:59, 2024-01-31 23:59:59.123456789+02:00, ...Z, ... UTC; digits after the ninth are dropped,
// without an offset it is UTC. nullopt: not such a text, or no such day or time of day.
std::optional<Instant> parse_instant(std::string_view text);

// Of `units_per_second` each, rounded down; nullopt outside of int64.
std::optional<int64_t> to_units(Instant instant, int64_t units_per_second);

}  // namespace magnetite::query::sql
