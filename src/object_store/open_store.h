// Opens the store that the settings say.
#pragma once

#include <memory>

#include "base/disk.h"
#include "base/executor.h"
#include "object_store/config.h"
#include "object_store/object_store.h"

namespace magnetite::object_store {

// Touches nothing: check() does. `executor` and `disk` outlive it.
std::unique_ptr<ObjectStore> open_store(const StoreSettings& settings, Executor& executor, Disk& disk);

// Keeps nothing when the process ends.
bool is_volatile(const StoreSettings& settings);

}  // namespace magnetite::object_store
