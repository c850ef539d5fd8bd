#include "write_buffer/redis/replies.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace magnetite::write_buffer::redis {
namespace {

std::unexpected<Error> unexpected_reply(std::string_view to) {
  return fail(ErrorCode::kUnavailable, fmt::format("redis: an answer to {} that is none", to));
}

std::span<redisReply* const> elements(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ARRAY) return {};
  return {reply.element, reply.elements};
}

std::string field_of(std::string_view info, std::string_view name) {
  while (!info.empty()) {
    const size_t space = std::min(info.find_first_of(" \r\n"), info.size());
    if (info.substr(0, space).starts_with(name)) return std::string(info.substr(name.size(), space - name.size()));
    info.remove_prefix(std::min(space + 1, info.size()));
  }
  return {};
}

}  // namespace

bool is_error(const redisReply& reply) { return reply.type == REDIS_REPLY_ERROR; }

std::string_view text_of(const redisReply& reply) {
  return reply.str == nullptr ? std::string_view() : std::string_view(reply.str, reply.len);
}

Error error_of(const redisReply& reply) {
  constexpr std::array kPassing = {"LOADING",    "MISCONF",  "READONLY",    "BUSY",     "MASTERDOWN",
                                   "NOREPLICAS", "TRYAGAIN", "CLUSTERDOWN", "UNBLOCKED"};
  const std::string_view text = text_of(reply);
  const std::string_view kind = text.substr(0, text.find(' '));
  if (kind == "OOM") return {ErrorCode::kResourceExhausted, fmt::format("redis: {}", text)};
  if (std::ranges::contains(kPassing, kind) || text.starts_with("ERR max number of clients"))
    return {ErrorCode::kUnavailable, fmt::format("redis: {}", text)};
  if (text.starts_with("ERR The ID specified in XADD"))
    return {ErrorCode::kFailedPrecondition,
            "redis: the stream holds an entry with an id of its own, above those of records, so that none can follow: "
            "somebody else writes to it; keep others away and start with another stream, or remove this one"};
  return {ErrorCode::kFailedPrecondition, fmt::format("redis: {}", text)};
}

ClientIdentity parse_identity(std::string_view info) { return {field_of(info, "id="), field_of(info, "addr=")}; }

Result<std::optional<StreamEnds>> parse_ends(const redisReply& reply) {
  if (is_error(reply)) return std::unexpected(error_of(reply));
  if (reply.type == REDIS_REPLY_NIL) return std::optional<StreamEnds>();
  const auto parts = elements(reply);
  if (parts.size() != 2) return unexpected_reply("XINFO");
  const std::optional<EntryId> last = parse_entry_id(text_of(*parts[0]));
  if (!last) return unexpected_reply("XINFO");
  return StreamEnds{*last, parse_entry_id(text_of(*parts[1]))};
}

Result<std::vector<StreamEntry>> parse_entries(const redisReply& reply) {
  if (is_error(reply)) return std::unexpected(error_of(reply));
  std::vector<StreamEntry> entries;
  if (reply.type == REDIS_REPLY_NIL) return entries;
  const auto streams = elements(reply);
  if (streams.size() != 1 || elements(*streams[0]).size() != 2) return unexpected_reply("XREAD");
  const auto listed = elements(*elements(*streams[0])[1]);
  entries.reserve(listed.size());
  for (const redisReply* each : listed) {
    const auto parts = elements(*each);
    if (parts.size() != 2) return unexpected_reply("XREAD");
    const std::optional<EntryId> id = parse_entry_id(text_of(*parts[0]));
    if (!id) return unexpected_reply("XREAD");
    const auto texts = elements(*parts[1]);
    StreamEntry entry{*id, {}};
    for (size_t i = 0; i + 1 < texts.size(); i += 2)
      entry.fields.emplace_back(text_of(*texts[i]), text_of(*texts[i + 1]));
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace magnetite::write_buffer::redis
