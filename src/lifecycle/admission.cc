#include "lifecycle/admission.h"

#include <fmt/format.h>

namespace magnetite::lifecycle {
namespace {

uint64_t minus(uint64_t left, uint64_t right) { return left > right ? left - right : 0; }

}  // namespace

Result<> admit(uint64_t entry_bytes, const MemoryUse& use, const MemoryLimits& limits) {
  if (limits.process_bytes_max > 0) {
    const uint64_t room = minus(limits.process_bytes_max, limits.reserved_bytes);
    if (entry_bytes > room)
      return fail(ErrorCode::kTooLarge,
                  fmt::format("the entry needs {} bytes of memory, the server has {} for writes: send "
                              "it in parts or raise the server's memory limit",
                              entry_bytes, room));
    if (entry_bytes > minus(room, use.process_bytes))
      return fail(
          ErrorCode::kResourceExhausted,
          fmt::format("the server's memory is full: {} of {} bytes are in use; repeat later or raise its memory limit",
                      use.process_bytes, limits.process_bytes_max));
  }
  if (limits.database_bytes_hard > 0 && use.database_bytes > 0) {
    const uint64_t room = minus(limits.database_bytes_hard, limits.reserved_bytes);
    if (entry_bytes > minus(room, use.database_bytes))
      return fail(
          ErrorCode::kResourceExhausted,
          fmt::format("hard buffer limit reached: {} of {} bytes are in use; repeat later or raise buffer_size_hard",
                      use.database_bytes, limits.database_bytes_hard));
  }
  return {};
}

Result<> admit_to_log(uint64_t entry_bytes, uint64_t log_bytes, uint64_t log_bytes_max) {
  if (entry_bytes <= minus(log_bytes_max, log_bytes)) return {};
  return fail(ErrorCode::kResourceExhausted,
              fmt::format("the log holds {} of {} bytes, and nothing is persisted that could be trimmed: set "
                          "lifecycle_rules.persist, drop chunks, or raise --log-bytes-max",
                          log_bytes, log_bytes_max));
}

}  // namespace magnetite::lifecycle
