#include "write_buffer/redis/stored_log.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <vector>

namespace magnetite::write_buffer::redis {
namespace {

Result<std::optional<Marker>> find_marker(Client& client, std::string_view log) {
  MAGNETITE_TRY(const Reply reply, client.call({"GET", marker_key(log)}));
  if (reply->type == REDIS_REPLY_NIL) return std::optional<Marker>();
  MAGNETITE_TRY(const Marker marker, parse_marker(text_of(*reply)));
  return marker;
}

// An empty stream that exists: appends never make one, so that one that was deleted is missed.
Result<> create_stream(Client& client, const std::string& key) {
  const std::string id = kBeforeRecords.text();
  MAGNETITE_TRY(const Reply made, client.call({"XADD", key, id, "created", "1"}));
  MAGNETITE_TRY(const Reply removed, client.call({"XDEL", key, id}));
  return {};
}

}  // namespace

std::string marker_key(std::string_view log) { return fmt::format("{}:log", log); }

std::string stream_key(std::string_view log, const Marker& marker, uint32_t sequencer) {
  return fmt::format("{}:{}:{}", log, marker.log_id.text(), sequencer);
}

Result<Marker> open_log(Client& client, std::string_view log, std::optional<uint32_t> create_sequencers) {
  MAGNETITE_TRY(auto found, find_marker(client, log));
  if (found) return *found;
  if (!create_sequencers || *create_sequencers == 0)
    return fail(ErrorCode::kNotFound,
                fmt::format("redis: there is no log '{}'; n_sequencers=... in the connection lets it be made", log));
  const Marker made{model::Uuid::random(), *create_sequencers};
  for (uint32_t i = 0; i < made.sequencers; ++i)
    MAGNETITE_RETURN_IF_ERROR(create_stream(client, stream_key(log, made, i)));
  // Whoever comes first names the log; the streams of the others were never anybody's.
  MAGNETITE_TRY(const Reply set, client.call({"SET", marker_key(log), made.text(), "NX"}));
  if (set->type != REDIS_REPLY_NIL) return made;
  for (uint32_t i = 0; i < made.sequencers; ++i) {
    MAGNETITE_TRY(const Reply removed, client.call({"DEL", stream_key(log, made, i)}));
  }
  MAGNETITE_TRY(found, find_marker(client, log));
  if (!found) return fail(ErrorCode::kUnavailable, "redis: the marker vanished while the log was made");
  return *found;
}

Error log_is_gone(std::string_view log, const Marker& opened) {
  return {ErrorCode::kFailedPrecondition,
          fmt::format("redis: the log '{}' that had id {} was deleted, or made again", log, opened.log_id.text())};
}

Result<bool> is_same_log(const redisReply& reply, const Marker& opened) {
  if (is_error(reply)) return std::unexpected(error_of(reply));
  return reply.type == REDIS_REPLY_STRING && text_of(reply) == opened.text();
}

Result<std::optional<StreamEnds>> find_ends(Client& client, std::string_view log, const Marker& opened,
                                            uint32_t sequencer) {
  MAGNETITE_TRY(const Reply marker, client.call({"GET", marker_key(log)}));
  MAGNETITE_TRY(const bool is_same, is_same_log(*marker, opened));
  if (!is_same) return std::optional<StreamEnds>();
  MAGNETITE_TRY(const Reply reply, client.call({"EVAL_RO", kEndsScript, "1", stream_key(log, opened, sequencer)}));
  return parse_ends(*reply);
}

Result<Watermarks> watermarks(const StreamEnds& ends) {
  if (ends.last.millis > kRecordMillis)
    return fail(
        ErrorCode::kFailedPrecondition,
        fmt::format("redis: entry {} is above all records: somebody else writes to the stream", ends.last.text()));
  Watermarks marks;
  if (ends.last.millis == kRecordMillis) marks.high = ends.last.sequence + 1;
  marks.low = ends.first && ends.first->millis == kRecordMillis ? ends.first->sequence : marks.high;
  return marks;
}

Result<std::string> check_durability(Client& client, const RedisConnection& connection) {
  ServerSettings settings;
  std::vector<std::string> problems;
  for (const char* name : {"appendonly", "appendfsync", "no-appendfsync-on-rewrite", "maxmemory", "maxmemory-policy"}) {
    const auto reply = client.call({"CONFIG", "GET", name});
    if (!reply) {
      if (reply.error().code() != ErrorCode::kFailedPrecondition) return std::unexpected(reply.error());
      problems = {fmt::format("its settings cannot be seen, CONFIG GET is refused ({})", reply.error().message())};
      break;
    }
    if ((*reply)->elements == 2) settings.emplace_back(name, text_of(*(*reply)->element[1]));
  }
  if (problems.empty()) problems = durability_problems(settings);
  if (problems.empty()) return std::string();
  std::string text =
      fmt::format("redis at {} may lose acknowledged writes: {}", connection.server.text(), fmt::join(problems, "; "));
  if (connection.durability_required)
    return fail(ErrorCode::kFailedPrecondition,
                text + "; set it so, or take the risk with durability=reported in the connection");
  return text;
}

}  // namespace magnetite::write_buffer::redis
