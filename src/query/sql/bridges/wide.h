// Room for arithmetic on nanoseconds before the result is checked.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace magnetite::query::sql {

// Sums and products of a few things that int64 holds stay far inside of this.
__extension__ typedef __int128 Wide;

inline std::optional<int64_t> narrow(Wide value) {
  if (value < std::numeric_limits<int64_t>::min() || value > std::numeric_limits<int64_t>::max()) return std::nullopt;
  return static_cast<int64_t>(value);
}

}  // namespace magnetite::query::sql
