#include "database/views.h"

#include <algorithm>

namespace magnetite::database {
namespace {

lifecycle::Stage stage_of(query::ChunkStorage storage) {
  switch (storage) {
    case query::ChunkStorage::kOpenMutableBuffer:
      return lifecycle::Stage::kOpen;
    case query::ChunkStorage::kClosedMutableBuffer:
      return lifecycle::Stage::kClosed;
    case query::ChunkStorage::kReadBuffer:
      return lifecycle::Stage::kInMemory;
    case query::ChunkStorage::kReadBufferAndObjectStore:
      return lifecycle::Stage::kPersisted;
    case query::ChunkStorage::kObjectStoreOnly:
      return lifecycle::Stage::kUnloaded;
  }
  return lifecycle::Stage::kOpen;
}

lifecycle::Activity activity_of(LifecycleAction action) {
  switch (action) {
    case LifecycleAction::kNone:
      return lifecycle::Activity::kNone;
    case LifecycleAction::kMoving:
      return lifecycle::Activity::kMoving;
    case LifecycleAction::kDropping:  // they block the same
    case LifecycleAction::kPersisting:
      return lifecycle::Activity::kPersisting;
    case LifecycleAction::kCompacting:
      return lifecycle::Activity::kCompacting;
  }
  return lifecycle::Activity::kNone;
}

}  // namespace

std::vector<lifecycle::ChunkView> views_of(const ChunkList& chunks) {
  std::vector<lifecycle::ChunkView> views;
  views.reserve(chunks.all().size());
  for (const auto& [key, chunk] : chunks.all()) {
    if (chunk.rows() == 0) continue;
    lifecycle::ChunkView view;
    view.id = chunk.id();
    view.order = chunk.order();
    view.stage = stage_of(chunk.storage());
    view.activity = activity_of(chunk.action());
    view.rows = chunk.rows();
    view.memory_bytes = chunk.memory_bytes();
    view.times = chunk.row_times();
    view.last_write = chunk.times().last_write;
    view.last_use = chunk.last_use();
    views.push_back(view);
  }
  return views;
}

lifecycle::UnpersistedView view_of(const persistence::PersistenceWindows& windows) {
  const auto as_view = [](const persistence::Window& window) {
    return lifecycle::UnpersistedView::Window{window.created_at, window.rows, window.times};
  };
  lifecycle::UnpersistedView view;
  if (windows.persistable()) view.persistable = as_view(*windows.persistable());
  if (windows.deferred()) view.deferred = as_view(*windows.deferred());
  view.oldest = windows.oldest_unpersisted();
  if (!windows.closed().empty())
    view.next_aged = windows.closed().front().created_at;
  else if (windows.open())
    view.next_aged = windows.open()->created_at;
  view.flushing = windows.flushing();
  return view;
}

}  // namespace magnetite::database
