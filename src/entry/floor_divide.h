// Division of times: towards minus infinity, so that buckets before 1970 are as wide as those after.
#pragma once

#include <cstdint>

namespace magnetite::entry {

constexpr int64_t floor_modulo(int64_t value, int64_t unit) {
  const int64_t rest = value % unit;
  return rest < 0 ? rest + unit : rest;
}

constexpr int64_t floor_divide(int64_t value, int64_t unit) { return value / unit - (value % unit < 0 ? 1 : 0); }

}  // namespace magnetite::entry
