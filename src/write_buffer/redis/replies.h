// What a server answers, taken apart. Pure, but for hiredis' memory. Internal to redis/.
#pragma once

#include <hiredis/hiredis.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "write_buffer/redis/stream_entry.h"

namespace magnetite::write_buffer::redis {

template <auto Destroy>
struct Deleter {
  template <class T>
  void operator()(T* handle) const {
    Destroy(handle);
  }
};
using Reply = std::unique_ptr<redisReply, Deleter<freeReplyObject>>;

bool is_error(const redisReply& reply);
std::string_view text_of(const redisReply& reply);
// Of an error reply; of an append it means that nothing was stored.
Error error_of(const redisReply& reply);

// "id=7 addr=127.0.0.1:4711 ...", of CLIENT INFO: who a connection is to the server.
struct ClientIdentity {
  std::string id;
  std::string address;
  bool operator==(const ClientIdentity&) const = default;
};
ClientIdentity parse_identity(std::string_view info);

struct StreamEnds {
  EntryId last;                  // ever given
  std::optional<EntryId> first;  // still there
  bool operator==(const StreamEnds&) const = default;
};
// Of kEndsScript; nullopt where there is no such stream.
Result<std::optional<StreamEnds>> parse_ends(const redisReply& reply);
// The ends alone: XINFO itself also sends two whole entries.
inline constexpr std::string_view kEndsScript = R"(if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local info = redis.call('XINFO', 'STREAM', KEYS[1])
local ends = {'', ''}
for i = 1, #info, 2 do
  if info[i] == 'last-generated-id' then ends[1] = info[i + 1] end
  if info[i] == 'first-entry' and info[i + 1] then ends[2] = info[i + 1][1] end
end
return ends)";

// Views the reply it was parsed from.
struct StreamEntry {
  EntryId id;
  Fields fields;
};
// Of XREAD over one stream. A nil is no entry.
Result<std::vector<StreamEntry>> parse_entries(const redisReply& reply);

}  // namespace magnetite::write_buffer::redis
