#include "write_buffer/file/log_tail.h"

#include <algorithm>

#include "write_buffer/file/segment_format.h"

namespace magnetite::write_buffer {

void LogTail::add_segment(uint64_t number, Segment segment, const std::vector<uint64_t>& next_numbers) {
  const MutexLock lock(mutex_);
  if (!segments_.empty()) segments_.rbegin()->second.sealed = true;
  segments_.insert_or_assign(number, std::move(segment));
  next_numbers_ = next_numbers;
  changed_.notify_all();
}

void LogTail::publish(uint64_t end, const std::vector<uint64_t>& next_numbers) {
  const MutexLock lock(mutex_);
  segments_.rbegin()->second.end = end;
  next_numbers_ = next_numbers;
  changed_.notify_all();
}

std::optional<std::pair<uint64_t, LogTail::Segment>> LogTail::drop_first_below(const Numbers& first_needed) {
  const MutexLock lock(mutex_);
  if (segments_.size() < 2) return std::nullopt;
  const std::vector<uint64_t>& kept = std::next(segments_.begin())->second.first_numbers;
  for (size_t i = 0; i < kept.size(); ++i) {
    const auto needed = first_needed.find(model::SequencerId{static_cast<uint32_t>(i)});
    if (needed == first_needed.end() || needed->second.value < kept[i]) return std::nullopt;
  }
  auto first = segments_.extract(segments_.begin());
  return std::pair(first.key(), std::move(first.mapped()));
}

bool LogTail::holds(uint64_t segment) const {
  const MutexLock lock(mutex_);
  return segments_.contains(segment);
}

uint64_t LogTail::file_bytes() const {
  const MutexLock lock(mutex_);
  uint64_t bytes = 0;
  for (const auto& [number, segment] : segments_) bytes += segment.file_bytes;
  return bytes;
}

uint64_t LogTail::next_number(size_t sequencer) const {
  const MutexLock lock(mutex_);
  return next_numbers_[sequencer];
}

uint64_t LogTail::first_number(size_t sequencer) const {
  const MutexLock lock(mutex_);
  return segments_.begin()->second.first_numbers[sequencer];
}

LogTail::Place LogTail::place_of(size_t sequencer, uint64_t number) const {
  const MutexLock lock(mutex_);
  Place place;
  for (const auto& [segment, state] : segments_)
    if (state.first_numbers[sequencer] <= number) place.segment = segment;
  return place;
}

std::optional<uint64_t> LogTail::wait_for_data(Place& place, MonoTime deadline) {
  const MutexLock lock(mutex_);
  place.offset = std::max(place.offset, format::kDataOffset);
  while (true) {
    if (const auto at = segments_.lower_bound(place.segment); at != segments_.end()) {
      if (at->first != place.segment) place = {at->first, format::kDataOffset};  // what was there is trimmed
      if (place.offset < at->second.end) return at->second.end;
      if (at->second.sealed) {
        place = {at->first + 1, format::kDataOffset};
        continue;
      }
    }
    if (changed_.wait_until(mutex_, deadline, WaitReason::kData) == WaitOutcome::kDeadline) return std::nullopt;
  }
}

}  // namespace magnetite::write_buffer
