// An object store in memory: for tests and for servers that keep nothing.
#pragma once

#include <memory>

#include "object_store/object_store.h"

namespace magnetite::object_store {

// `clock` outlives it and says when an object was put.
std::unique_ptr<ObjectStore> make_memory_store(const Clock& clock = system_clock());

}  // namespace magnetite::object_store
