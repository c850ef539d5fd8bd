// Redis streams as a log: one stream a sequencer, and a marker that names the log. docs/write_buffers.md.
// Sees no header of hiredis.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/executor.h"
#include "write_buffer/connection.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer {

struct RedisLimits {
  uint64_t record_bytes_max = 30ull << 20;                // payload and headers
  uint64_t queue_bytes_max = 256ull << 20;                // appended but not yet answered
  Duration request_timeout = std::chrono::seconds(10);    // of one command; next() may take so much above its deadline
  Duration write_timeout = std::chrono::seconds(30);      // how long an append waits for a server that is away
  Duration log_check_interval = std::chrono::seconds(5);  // is it still the same log, where nothing is written or read?
};

// A log that does not exist is created if the connection says with how many sequencers. Its name is `default_stream`
// unless the connection has one. `executor` outlives both. Errors: kNotFound (no such log, and it may not be created),
// kUnavailable (no answer in time), kFailedPrecondition (settings that may lose acknowledged writes, a wrong password,
// keys of somebody else).
Result<std::shared_ptr<Writer>> open_redis_writer(Executor& executor, const RedisConnection& connection,
                                                  std::string_view default_stream, const RedisLimits& limits = {});
Result<std::unique_ptr<Reader>> open_redis_reader(Executor& executor, const RedisConnection& connection,
                                                  std::string_view default_stream, const RedisLimits& limits = {});

}  // namespace magnetite::write_buffer
