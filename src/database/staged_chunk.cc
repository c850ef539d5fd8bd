#include "database/staged_chunk.h"

#include <fmt/format.h>

#include <algorithm>

namespace magnetite::database {
namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

}  // namespace

std::string_view to_string(LifecycleAction action) {
  switch (action) {
    case LifecycleAction::kNone:
      return "None";
    case LifecycleAction::kMoving:
      return "Moving to the Read Buffer";
    case LifecycleAction::kPersisting:
      return "Persisting to Object Storage";
    case LifecycleAction::kCompacting:
      return "Compacting";
    case LifecycleAction::kDropping:
      return "Dropping";
  }
  return "unknown";
}

Error StagedChunk::wrong_stage(std::string_view operation, std::string_view expected) const {
  return Error(ErrorCode::kFailedPrecondition,
               fmt::format("{}: wrong chunk lifecycle: {} needs {}, it is {}", address_.text(), operation, expected,
                           query::to_string(storage())));
}

Result<> StagedChunk::close(WallTime now) {
  if (std::holds_alternative<Persisted>(stage_) || std::holds_alternative<Unloaded>(stage_))
    return std::unexpected(wrong_stage("closing", "an unpersisted chunk"));
  const auto* open = std::get_if<Open>(&stage_);
  if (open == nullptr) return {};
  const std::shared_ptr<chunk::OpenChunk> rows = open->rows;
  times_ = {rows->first_write(), rows->last_write(), now};
  stage_ = Closed{rows, rows->snapshot()};
  return {};
}

Result<> StagedChunk::begin(LifecycleAction action, WallTime now) {
  if (action_ != LifecycleAction::kNone)
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("{}: a lifecycle action is already in progress: {}", address_.text(), to_string(action_)));
  const bool persisted = !unpersisted();
  if (action == LifecycleAction::kMoving && (persisted || std::holds_alternative<InMemory>(stage_)))
    return std::unexpected(wrong_stage("moving", "an open or closed chunk"));
  if (action == LifecycleAction::kPersisting && persisted)
    return std::unexpected(wrong_stage("persisting", "an unpersisted chunk"));
  if (!persisted) MAGNETITE_RETURN_IF_ERROR(close(now));
  action_ = action;
  return {};
}

Result<> StagedChunk::end(LifecycleAction action) {
  if (action_ != action)
    return fail(ErrorCode::kFailedPrecondition, fmt::format("{}: unexpected lifecycle action: expected {}, found {}",
                                                            address_.text(), to_string(action), to_string(action_)));
  action_ = LifecycleAction::kNone;
  return {};
}

Result<> StagedChunk::moved(std::shared_ptr<const chunk::Image> image) {
  if (!std::holds_alternative<Closed>(stage_)) return std::unexpected(wrong_stage("moving", "a closed chunk"));
  MAGNETITE_RETURN_IF_ERROR(end(LifecycleAction::kMoving));
  stage_ = InMemory{std::move(image)};
  return {};
}

Result<> StagedChunk::unload(std::shared_ptr<const chunk::StoredImage> image) {
  const auto* persisted = std::get_if<Persisted>(&stage_);
  if (persisted == nullptr) return std::unexpected(wrong_stage("unloading", "a chunk in object store and read buffer"));
  stage_ = Unloaded{std::move(image), StoredFacts(persisted->stored)};
  return {};
}

Result<> StagedChunk::load(std::shared_ptr<const chunk::Image> in_memory) {
  const auto* unloaded = std::get_if<Unloaded>(&stage_);
  if (unloaded == nullptr) return std::unexpected(wrong_stage("loading", "a chunk in the object store only"));
  stage_ = Persisted{std::move(in_memory), StoredFacts(unloaded->stored)};
  return {};
}

Result<> StagedChunk::check_drop() const {
  if (action_ == LifecycleAction::kNone) return {};
  return fail(
      ErrorCode::kFailedPrecondition,
      fmt::format("{}: cannot be dropped, a lifecycle action is in progress: {}", address_.text(), to_string(action_)));
}

ChunkTimes StagedChunk::times() const {
  if (const auto* open = std::get_if<Open>(&stage_)) return {open->rows->first_write(), open->rows->last_write(), {}};
  return times_;
}

WallTime StagedChunk::last_use() const {
  const WallTime used{last_use_->load(std::memory_order_relaxed)};
  return std::max({used, times().closed, times().last_write});
}

query::ChunkStorage StagedChunk::storage() const {
  return std::visit(Overloaded{[](const Open&) { return query::ChunkStorage::kOpenMutableBuffer; },
                               [](const Closed&) { return query::ChunkStorage::kClosedMutableBuffer; },
                               [](const InMemory&) { return query::ChunkStorage::kReadBuffer; },
                               [](const Persisted&) { return query::ChunkStorage::kReadBufferAndObjectStore; },
                               [](const Unloaded&) { return query::ChunkStorage::kObjectStoreOnly; }},
                    stage_);
}

bool StagedChunk::unpersisted() const {
  return !std::holds_alternative<Persisted>(stage_) && !std::holds_alternative<Unloaded>(stage_);
}

uint64_t StagedChunk::rows() const {
  return std::visit(Overloaded{[](const Open& open) { return open.rows->rows(); },
                               [](const Closed& closed) { return closed.snapshot.rows; },
                               [](const InMemory& chunk) { return chunk.image->row_count(); },
                               [](const auto& persisted) { return persisted.stored.rows; }},
                    stage_);
}

uint64_t StagedChunk::memory_bytes() const {
  return std::visit(Overloaded{[](const Open& open) -> uint64_t { return open.rows->bytes(); },
                               [](const Closed& closed) -> uint64_t { return closed.rows->bytes(); },
                               [](const InMemory& chunk) -> uint64_t { return chunk.image->memory_bytes(); },
                               [](const Persisted& chunk) -> uint64_t { return chunk.image->memory_bytes(); },
                               [](const Unloaded&) -> uint64_t { return 0; }},
                    stage_);
}

model::TimeRange StagedChunk::row_times() const {
  return std::visit(Overloaded{[](const Open& open) { return open.rows->snapshot().times; },
                               [](const Closed& closed) { return closed.snapshot.times; },
                               [](const InMemory& chunk) { return chunk.image->times(); },
                               [](const auto& persisted) { return persisted.stored.times; }},
                    stage_);
}

const StoredFacts* StagedChunk::stored() const {
  if (const auto* persisted = std::get_if<Persisted>(&stage_)) return &persisted->stored;
  if (const auto* unloaded = std::get_if<Unloaded>(&stage_)) return &unloaded->stored;
  return nullptr;
}

}  // namespace magnetite::database
