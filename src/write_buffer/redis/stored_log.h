// A log as a server keeps it: the marker, the streams, and the settings it stands and falls with. Internal to redis/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "write_buffer/redis/client.h"
#include "write_buffer/redis/stream_entry.h"

namespace magnetite::write_buffer::redis {

// The log's id is in the key: streams of a log that was made again are never taken for those of this one.
std::string marker_key(std::string_view log);
std::string stream_key(std::string_view log, const Marker& marker, uint32_t sequencer);

// The log's marker; a new log where there is none and `create_sequencers` says of how many. kNotFound.
Result<Marker> open_log(Client& client, std::string_view log, std::optional<uint32_t> create_sequencers);

// By the reply to a GET of the marker key.
Result<bool> is_same_log(const redisReply& reply, const Marker& opened);
Error log_is_gone(std::string_view log, const Marker& opened);

// Of a stream; nullopt where the log is another, or gone.
Result<std::optional<StreamEnds>> find_ends(Client& client, std::string_view log, const Marker& opened,
                                            uint32_t sequencer);

struct Watermarks {
  uint64_t low = 0;
  uint64_t high = 0;
  bool operator==(const Watermarks&) const = default;
};
// kFailedPrecondition where an entry above all records hides them.
Result<Watermarks> watermarks(const StreamEnds& ends);

// Refuses settings that may lose acknowledged writes, or says which where they are allowed; "" for good ones.
Result<std::string> check_durability(Client& client, const RedisConnection& connection);

}  // namespace magnetite::write_buffer::redis
