// Where a reader is in a stream, and what it may conclude from what the server has. Pure. Internal to redis/.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "write_buffer/redis/replies.h"
#include "write_buffer/redis/stream_entry.h"

namespace magnetite::write_buffer::redis {

class Position {
 public:
  // The beginning, or what a seek() asks for: nothing below or just there is promised.
  Position() = default;
  explicit Position(uint64_t number);

  uint64_t next_number() const { return next_number_; }  // no record below it will come any more
  EntryId after() const { return after_; }               // entries above it are to be read
  // Whether an entry that follows leaves no doubt about what is between.
  bool is_continued_by(EntryId id) const;
  void pass(EntryId id);

  // `first_read`: the first entry above after() at the moment of `ends`. kFailedPrecondition where entries that would
  // have come are lost. Without an entry, the position is moved to the end.
  Result<> compare(const StreamEnds& ends, std::optional<EntryId> first_read);

 private:
  EntryId after_ = kBeforeRecords;
  uint64_t next_number_ = 0;
  // Once the server was seen: everything from next_number_ on is to come, and its end never goes back.
  std::optional<EntryId> end_seen_;
};

}  // namespace magnetite::write_buffer::redis
