// What the policy sees of a partition. Called under the partition's lock.
#pragma once

#include <vector>

#include "database/chunk_list.h"
#include "lifecycle/views.h"
#include "persistence/windows.h"

namespace magnetite::database {

std::vector<lifecycle::ChunkView> views_of(const ChunkList& chunks);  // those with rows, by order
lifecycle::UnpersistedView view_of(const persistence::PersistenceWindows& windows);

}  // namespace magnetite::database
