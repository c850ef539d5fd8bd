#include "write_buffer/redis/position.h"

#include <fmt/format.h>

#include <algorithm>

namespace magnetite::write_buffer::redis {

Position::Position(uint64_t number)
    : after_(number == 0 ? kBeforeRecords : EntryId{kRecordMillis, number - 1}), next_number_(number) {}

bool Position::is_continued_by(EntryId id) const { return end_seen_ && id == EntryId{kRecordMillis, next_number_}; }

void Position::pass(EntryId id) {
  after_ = std::max(after_, id);
  if (id.millis == kRecordMillis) next_number_ = std::max(next_number_, id.sequence + 1);
  if (end_seen_) end_seen_ = std::max(*end_seen_, id);
}

Result<> Position::compare(const StreamEnds& ends, std::optional<EntryId> first_read) {
  if (end_seen_ && ends.last < *end_seen_)
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("redis: the stream went back from entry {} to {}: the server lost records",
                            end_seen_->text(), ends.last.text()));
  const uint64_t high = ends.last.millis == kRecordMillis ? ends.last.sequence + 1 : next_number_;
  const EntryId wanted{kRecordMillis, next_number_};
  const EntryId low = ends.first ? *ends.first : std::max(ends.last, EntryId{kRecordMillis, high});
  // Above all records, somebody's own id hides whether there were more: nothing is claimed then.
  if (end_seen_ && low.millis == kRecordMillis && low > wanted)
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("redis: records from number {} on were removed before they were read", next_number_));
  end_seen_ = ends.last;
  if (!first_read) {
    after_ = std::max(after_, ends.last);
    next_number_ = std::max(next_number_, high);
  }
  return {};
}

}  // namespace magnetite::write_buffer::redis
