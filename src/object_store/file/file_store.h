// An object store in a folder: each object one file, complete or not there at all.
#pragma once

#include <memory>
#include <string>

#include "base/disk.h"
#include "object_store/object_store.h"

namespace magnetite::object_store {

// `disk` outlives it. The folder belongs to one process; check() makes it.
std::unique_ptr<ObjectStore> make_file_store(Disk& disk, std::string root);

}  // namespace magnetite::object_store
