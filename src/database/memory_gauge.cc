#include "database/memory_gauge.h"

#include <fmt/format.h>

namespace magnetite::database {

Result<> MemoryGauge::admit(uint64_t bytes) const {
  const uint64_t held = this->bytes();
  if (held + bytes <= bytes_max_) return {};
  return fail(
      ErrorCode::kResourceExhausted,
      fmt::format("hard buffer limit reached: chunks hold {} of {} bytes; raise --memory-bytes-max or drop data", held,
                  bytes_max_));
}

}  // namespace magnetite::database
