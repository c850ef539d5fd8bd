// An object store in memory: for tests and for servers that keep nothing.
#pragma once

#include <memory>

#include "object_store/object_store.h"

namespace magnetite::object_store {

std::unique_ptr<ObjectStore> make_memory_store();

}  // namespace magnetite::object_store
