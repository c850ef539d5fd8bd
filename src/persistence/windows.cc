#include "persistence/windows.h"

#include <fmt/format.h>

#include "base/check.h"

namespace magnetite::persistence {
namespace {

using Minima = std::map<model::SequencerId, model::SequenceNumber>;

void absorb(Window& window, const Window& other) {
  window.created_at = std::min(window.created_at, other.created_at);
  window.rows += other.rows;
  window.times.include(other.times);
  for (const auto& [sequencer, numbers] : other.sequences) {
    const auto [entry, added] = window.sequences.try_emplace(sequencer, numbers);
    if (added) continue;
    entry->second.min = std::min(entry->second.min, numbers.min);
    entry->second.max = std::max(entry->second.max, numbers.max);
  }
}

void absorb(std::optional<Window>& window, Window other) {
  if (window)
    absorb(*window, other);
  else
    window = std::move(other);
}

void lower(Minima& minima, const Window& window) {
  for (const auto& [sequencer, numbers] : window.sequences) {
    const auto [entry, added] = minima.try_emplace(sequencer, numbers.min);
    if (!added) entry->second = std::min(entry->second, numbers.min);
  }
}

std::optional<model::SequenceNumber> find(const Minima& minima, model::SequencerId sequencer) {
  const auto found = minima.find(sequencer);
  return found == minima.end() ? std::nullopt : std::optional(found->second);
}

std::vector<MinimumChange> changes(const Minima& before, const Minima& after) {
  std::vector<MinimumChange> changes;
  for (const auto& [sequencer, minimum] : before) {
    const auto now = find(after, sequencer);
    if (now != minimum) changes.push_back({sequencer, minimum, now});
  }
  return changes;
}

// Moves what lies up to `split` into `taken`. False when nothing of the window is left.
bool take_until(Window& window, int64_t split, std::optional<Window>& taken) {
  if (window.times.min > split) return true;
  if (window.times.max <= split) {
    absorb(taken, std::move(window));
    return false;
  }
  // How many of its rows lie on which side is unknown; they stay counted where they are.
  absorb(taken, {window.created_at, 0, {window.times.min, split}, window.sequences});
  window.times.min = split + 1;
  return true;
}

// False when nothing of the window is left.
bool drop_numbers(Window& window, const Minima& through) {
  std::erase_if(window.sequences, [&](auto& entry) {
    auto& [sequencer, numbers] = entry;
    const auto last = find(through, sequencer);
    if (!last) return false;
    if (numbers.max <= *last) return true;
    if (numbers.min <= *last) numbers.min = {last->value + 1};
    return false;
  });
  return !window.sequences.empty();
}

}  // namespace

PersistenceWindows::PersistenceWindows(model::Uuid log_id, std::string table, std::string partition_key,
                                       Duration late_arrive_window)
    : log_id_(log_id), table_(std::move(table)), partition_key_(std::move(partition_key)) {
  set_late_arrive_window(late_arrive_window);
}

void PersistenceWindows::set_late_arrive_window(Duration late_arrive_window) {
  late_arrive_window_ = std::max(late_arrive_window, Duration::zero());
}

template <class Visit>
void PersistenceWindows::visit_remaining(Visit visit) const {
  if (persistable_) visit(*persistable_);
  if (deferred_) visit(*deferred_);
  for (const Window& window : closed_) visit(window);
  if (open_) visit(*open_);
}

PersistenceWindows::Minima PersistenceWindows::remaining_minima() const {
  Minima minima;
  visit_remaining([&](const Window& window) { lower(minima, window); });
  return minima;
}

PersistenceWindows::Minima PersistenceWindows::all_minima() const {
  Minima minima = remaining_minima();
  if (flushing_) lower(minima, flushing_->rows);
  return minima;
}

PartitionCheckpoint PersistenceWindows::checkpoint_of(const Minima& minima) const {
  PartitionCheckpoint checkpoint{log_id_, table_, partition_key_, {}, std::nullopt};
  for (const auto& [sequencer, max] : seen_) {
    const auto min = find(minima, sequencer);
    checkpoint.ranges.emplace(
        sequencer, min ? OptionalMinMaxSequence::unpersisted(*min, max) : OptionalMinMaxSequence::persisted(max));
  }
  return checkpoint;
}

PersistenceWindows::Added PersistenceWindows::add(const Batch& batch, WallTime now) {
  const auto [sequencer, number] = batch.sequence;
  const auto [last, first_of_sequencer] = last_added_.try_emplace(sequencer, number);
  if (!first_of_sequencer && number <= last->second) return {.redelivered = true, .change = {}};
  last->second = number;
  auto& seen = seen_[sequencer];
  seen = std::max(seen, number);

  set_clock_back(now);
  const WallTime received =
      std::clamp(batch.received_at, last_received_.value_or(std::min(batch.received_at, now)), now);
  rotate(received);
  last_received_ = received;
  if (batch.rows == 0) return {};

  Added added;
  if (!open_ || !open_->sequences.contains(sequencer)) {
    if (!all_minima().contains(sequencer)) added.change = {sequencer, std::nullopt, number};
  }
  absorb(open_, {received, batch.rows, batch.times, {{sequencer, {number, number}}}});
  return added;
}

void PersistenceWindows::set_clock_back(WallTime now) {
  if (!last_received_ || *last_received_ <= now) return;
  last_received_ = now;
  const auto rejuvenate = [&](Window& window) { window.created_at = std::min(window.created_at, now); };
  if (flushing_) rejuvenate(flushing_->rows);
  if (persistable_) rejuvenate(*persistable_);
  if (deferred_) rejuvenate(*deferred_);
  std::ranges::for_each(closed_, rejuvenate);
  if (open_) rejuvenate(*open_);
}

void PersistenceWindows::rotate(WallTime now) {
  set_clock_back(now);
  const auto age = [&](const Window& window) { return Duration(now.nanos - window.created_at.nanos); };
  if (open_ && age(*open_) >= close_period()) {
    closed_.push_back(*std::move(open_));
    open_.reset();
  }
  if (flushing_) {
    // Those that wait for the flush to end will be persisted together; keeping them apart would cost memory.
    while (closed_.size() >= 2 && age(closed_[1]) >= late_arrive_window_) {
      absorb(closed_[0], closed_[1]);
      closed_.erase(closed_.begin() + 1);
    }
    return;
  }
  while (!closed_.empty() && age(closed_.front()) >= late_arrive_window_) {
    absorb(persistable_, std::move(closed_.front()));
    closed_.pop_front();
  }
  if (deferred_ && deferred_->times.max <= now.nanos) {
    absorb(persistable_, *std::move(deferred_));
    deferred_.reset();
  }
}

std::optional<FlushHandle> PersistenceWindows::begin_flush(std::optional<int64_t> split_timestamp) {
  if (flushing_) return std::nullopt;
  std::optional<Window> taken;
  if (split_timestamp) {
    if (persistable_) {
      if (take_until(*persistable_, *split_timestamp, taken)) {
        if (taken) taken->rows += std::exchange(persistable_->rows, 0);
        absorb(deferred_, *std::move(persistable_));
      }
      persistable_.reset();
    }
    if (deferred_ && !take_until(*deferred_, *split_timestamp, taken)) deferred_.reset();
    std::erase_if(closed_, [&](Window& window) { return !take_until(window, *split_timestamp, taken); });
  } else {
    visit_remaining([&](const Window& window) { absorb(taken, window); });
    persistable_.reset();
    deferred_.reset();
    closed_.clear();
    open_.reset();
  }
  FlushHandle handle{next_flush_id_++, split_timestamp, checkpoint_of(remaining_minima())};
  handle.checkpoint.flush_timestamp = split_timestamp;
  flushing_ = {handle.id, std::move(taken).value_or(Window{})};
  return handle;
}

std::vector<MinimumChange> PersistenceWindows::flush_changes() const {
  return changes(all_minima(), remaining_minima());
}

std::vector<MinimumChange> PersistenceWindows::commit_flush(const FlushHandle& flush) {
  MAGNETITE_CHECK(flushing_ && flushing_->id == flush.id);
  auto done = flush_changes();
  flushing_.reset();
  return done;
}

void PersistenceWindows::abort_flush(const FlushHandle& flush) {
  MAGNETITE_CHECK(flushing_ && flushing_->id == flush.id);
  Window rows = std::move(flushing_->rows);
  flushing_.reset();
  if (!rows.sequences.empty()) absorb(persistable_, std::move(rows));
}

Result<std::vector<MinimumChange>> PersistenceWindows::drop_through(const Minima& through) {
  if (flushing_)
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("partition '{}' of table '{}' is being persisted", partition_key_, table_));
  const Minima before = all_minima();
  const auto shrink = [&](std::optional<Window>& window) {
    if (window && !drop_numbers(*window, through)) window.reset();
  };
  shrink(persistable_);
  shrink(deferred_);
  std::erase_if(closed_, [&](Window& window) { return !drop_numbers(window, through); });
  shrink(open_);
  return changes(before, remaining_minima());
}

void PersistenceWindows::mark_seen(const SequencerRanges& ranges) {
  for (const auto& [sequencer, range] : ranges) {
    auto& seen = seen_[sequencer];
    seen = std::max(seen, range.max());
  }
}

PartitionCheckpoint PersistenceWindows::checkpoint() const { return checkpoint_of(all_minima()); }

std::optional<WallTime> PersistenceWindows::oldest_unpersisted() const {
  std::optional<WallTime> oldest;
  visit_remaining(
      [&](const Window& window) { oldest = std::min(oldest.value_or(window.created_at), window.created_at); });
  return oldest;
}

}  // namespace magnetite::persistence
