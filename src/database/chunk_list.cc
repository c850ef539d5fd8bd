#include "database/chunk_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace magnetite::database {

StagedChunk* ChunkList::open() {
  if (chunks_.empty()) return nullptr;
  StagedChunk& last = chunks_.rbegin()->second;
  return std::holds_alternative<StagedChunk::Open>(last.stage()) ? &last : nullptr;
}

ChunkList::Chunks::iterator ChunkList::find_entry(model::ChunkId id) {
  return std::ranges::find_if(chunks_, [&](const auto& entry) { return entry.first.second == id; });
}

StagedChunk* ChunkList::find(model::ChunkId id) {
  const auto found = find_entry(id);
  return found == chunks_.end() ? nullptr : &found->second;
}

const StagedChunk* ChunkList::find(model::ChunkId id) const { return const_cast<ChunkList*>(this)->find(id); }

model::ChunkId ChunkList::next_id() {
  MAGNETITE_CHECK(next_id_ != std::numeric_limits<uint32_t>::max());
  return model::ChunkId{next_id_++};
}

model::ChunkOrder ChunkList::next_order() { return model::ChunkOrder{next_order_++}; }

StagedChunk& ChunkList::add(StagedChunk chunk) {
  MAGNETITE_CHECK_MSG(find(chunk.id()) == nullptr, "a chunk id is given twice");
  go_on_after(chunk.id(), chunk.order());
  const Key key{chunk.order(), chunk.id()};
  return chunks_.emplace(key, std::move(chunk)).first->second;
}

void ChunkList::go_on_after(model::ChunkId id, model::ChunkOrder order) {
  next_id_ = std::max(next_id_, id.value + 1);
  next_order_ = std::max(next_order_, order.value + 1);
}

Error ChunkList::not_found(model::ChunkId id) const {
  return Error(ErrorCode::kNotFound, fmt::format("there is no chunk {} in this partition", id.value));
}

Result<> ChunkList::begin(std::span<const model::ChunkId> ids, LifecycleAction action, WallTime now) {
  for (const model::ChunkId id : ids) {
    const StagedChunk* chunk = find(id);
    if (chunk == nullptr) return std::unexpected(not_found(id));
    StagedChunk trial = *chunk;
    MAGNETITE_RETURN_IF_ERROR(trial.begin(action, now));
  }
  for (const model::ChunkId id : ids) MAGNETITE_CHECK(find(id)->begin(action, now).has_value());
  return {};
}

void ChunkList::abandon(std::span<const model::ChunkId> ids, LifecycleAction action) {
  for (const model::ChunkId id : ids) {
    StagedChunk* chunk = find(id);
    if (chunk != nullptr && chunk->action() == action) MAGNETITE_CHECK(chunk->end(action).has_value());
  }
}

Result<> ChunkList::replace(std::span<const model::ChunkId> sources, LifecycleAction action,
                            std::vector<StagedChunk> results) {
  for (const model::ChunkId id : sources) {
    const StagedChunk* chunk = find(id);
    if (chunk == nullptr) return std::unexpected(not_found(id));
    StagedChunk trial = *chunk;
    MAGNETITE_RETURN_IF_ERROR(trial.end(action));
  }
  for (const model::ChunkId id : sources) chunks_.erase(find_entry(id));
  for (StagedChunk& result : results) add(std::move(result));
  return {};
}

Result<> ChunkList::drop(model::ChunkId id) {
  const auto found = find_entry(id);
  if (found == chunks_.end()) return std::unexpected(not_found(id));
  MAGNETITE_RETURN_IF_ERROR(found->second.check_drop());
  chunks_.erase(found);
  return {};
}

}  // namespace magnetite::database
