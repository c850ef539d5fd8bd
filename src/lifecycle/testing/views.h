// Short forms for tests: times are in seconds, a chunk's order is its id.
#pragma once

#include <utility>
#include <vector>

#include "lifecycle/actions.h"
#include "lifecycle/policy.h"
#include "lifecycle/views.h"

namespace magnetite::lifecycle::testing {

inline constexpr int64_t kSecond = 1'000'000'000;
inline WallTime wall(int64_t seconds) { return {seconds * kSecond}; }
inline MonoTime mono(int64_t seconds) { return {seconds * kSecond}; }
inline Now now_at(int64_t seconds) { return {wall(seconds), mono(seconds)}; }

inline ChunkView chunk(uint32_t id, Stage stage, uint64_t rows = 10, model::TimeRange times = {0, 100},
                       int64_t last_write = 0) {
  return {.id = {id},
          .order = {id},
          .stage = stage,
          .rows = rows,
          .memory_bytes = stage == Stage::kUnloaded ? 0u : 20u,
          .times = times,
          .last_write = wall(last_write),
          .last_use = wall(last_write)};
}
inline ChunkView doing(Activity activity, ChunkView view) {
  view.activity = activity;
  return view;
}

inline PartitionView partition(std::vector<ChunkView> chunks, int64_t last_write = 0) {
  PartitionView view;
  view.table = "t";
  view.partition_key = "p";
  view.chunks = std::move(chunks);
  view.last_write = wall(last_write);
  return view;
}

inline std::vector<model::ChunkId> ids_of(std::initializer_list<uint32_t> numbers) {
  std::vector<model::ChunkId> result;
  for (const uint32_t number : numbers) result.push_back({number});
  return result;
}
inline Compact compact(std::initializer_list<uint32_t> chunks) { return {ids_of(chunks)}; }
inline CompactPersisted compact_files(std::initializer_list<uint32_t> chunks) { return {ids_of(chunks)}; }
inline Persist persist(std::initializer_list<uint32_t> chunks, std::optional<int64_t> split = std::nullopt) {
  return {ids_of(chunks), split};
}

using What = decltype(Action::what);
inline std::vector<What> whats(const std::vector<Action>& actions) {
  std::vector<What> result;
  for (const Action& action : actions) result.push_back(action.what);
  return result;
}

}  // namespace magnetite::lifecycle::testing
