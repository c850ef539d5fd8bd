#include "lifecycle/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "lifecycle/choose.h"
#include "lifecycle/chunk_order.h"

namespace magnetite::lifecycle {
namespace {

// One partition's wishes, as if slots were free.
struct Wishes {
  std::optional<Action> persist;
  std::optional<Action> compact;
  std::optional<Action> compact_files;
  std::optional<Action> close;

  bool any() const { return persist || compact || compact_files || close; }
};

Wishes wishes_of(const PartitionView& partition, const model::LifecycleRules& rules, Now now) {
  Wishes wishes;
  const auto make = [&](decltype(Action::what) what, std::string reason) {
    return Action{partition.table, partition.partition_key, std::move(what), std::move(reason)};
  };
  const auto rested = [&](const Attempts& attempts) { return retry_at(attempts) <= now.mono; };

  bool stalled = false;
  if (auto choice = choose_persist(partition, rules, now.wall); choice && rested(partition.persists)) {
    const auto wanted = chunks_to_persist(partition.chunks, choice->split_timestamp);
    stalled = wanted.stall_compaction;
    if (!wanted.blocked)
      wishes.persist =
          make(Persist{ids(partition.chunks, wanted.chunks), choice->split_timestamp}, std::move(choice->reason));
  }
  if (!stalled && rested(partition.compactions)) {
    if (auto choice = choose_compaction(partition, rules, now.wall))
      wishes.compact = make(Compact{ids(partition.chunks, choice->chunks)}, std::move(choice->reason));
  }
  if (rested(partition.file_compactions)) {
    if (auto choice = choose_file_compaction(partition, rules, now.wall))
      wishes.compact_files = make(CompactPersisted{ids(partition.chunks, choice->chunks)}, std::move(choice->reason));
  }
  for (const ChunkView& chunk : partition.chunks) {
    if (chunk.stage == Stage::kOpen && chunk.idle() && chunk.rows >= rules.mub_row_threshold)
      wishes.close = make(Close{chunk.id}, fmt::format("the open chunk has {} rows", chunk.rows));
  }
  return wishes;
}

// A row may be dated at the end of time.
MonoTime after(MonoTime now, Duration delta) { return delta < kNever - now ? now + delta : kNever; }

bool take(size_t& slots) {
  if (slots == 0) return false;
  --slots;
  return true;
}

}  // namespace

std::vector<Action> decide(std::span<const PartitionView> partitions, const model::LifecycleRules& rules, Now now,
                           const MemoryView& memory, JobSlots slots) {
  std::vector<size_t> order(partitions.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return partitions[i].last_served; });

  std::vector<Action> actions;
  std::vector<Decided> decided(partitions.size(), Decided::kNothing);
  for (const size_t i : order) {
    Wishes wishes = wishes_of(partitions[i], rules, now);
    if (wishes.persist && take(slots.persists)) {
      actions.push_back(*std::move(wishes.persist));
      decided[i] = Decided::kPersist;
    } else if (wishes.compact && take(slots.compactions)) {
      actions.push_back(*std::move(wishes.compact));
      decided[i] = Decided::kMerge;
    } else if (wishes.close) {
      // Later rows need not wait in the same chunk until there is a slot.
      actions.push_back(*std::move(wishes.close));
    }
    if (wishes.compact_files && take(slots.compactions)) actions.push_back(*std::move(wishes.compact_files));
  }
  auto relief = relieve(partitions, rules, now, memory, slots.persists, decided);
  std::ranges::move(relief, std::back_inserter(actions));
  return actions;
}

MonoTime next_due(const PartitionView& partition, const model::LifecycleRules& rules, Now now) {
  if (wishes_of(partition, rules, now).any()) return now.mono;
  MonoTime due = kNever;
  const auto consider = [&](MonoTime time) {
    if (time > now.mono) due = std::min(due, time);
  };
  const auto consider_age = [&](WallTime since, Duration age) {
    consider(after(now.mono, age - elapsed(since, now.wall)));
  };

  for (const Attempts* attempts : {&partition.persists, &partition.compactions, &partition.file_compactions})
    consider(retry_at(*attempts));
  const Duration late = std::chrono::seconds(rules.late_arrive_window_seconds);
  consider_age(partition.last_write, late);
  consider_age(partition.last_write, quiet_after(rules));
  for (const ChunkView& chunk : partition.chunks) {
    if (chunk.stage == Stage::kOpen) consider_age(chunk.last_write, late);
  }
  const UnpersistedView& windows = partition.unpersisted;
  const Duration age = std::chrono::seconds(rules.persist_age_threshold_seconds);
  if (windows.next_aged) consider_age(*windows.next_aged, late);
  if (windows.oldest) consider_age(*windows.oldest, age);
  for (const auto& window : {windows.persistable, windows.deferred}) {
    if (!window) continue;
    consider_age(window->created_at, age);
    // Its rows stop being in the future one after the other.
    for (const int64_t time : {window->times.min, window->times.max}) {
      if (time > now.wall.nanos) consider(after(now.mono, Duration(time - now.wall.nanos)));
    }
  }
  return due;
}

}  // namespace magnetite::lifecycle
