// Listings of a folder of objects, page by page.
#pragma once

#include <string>

#include "base/disk.h"
#include "object_store/object_store.h"

namespace magnetite::object_store {

// Files whose names are no part of an ObjectPath are not there. kNotFound: `root` itself is not there.
Result<ListPage> list_files(Disk& disk, const std::string& root, const ListRequest& request);

}  // namespace magnetite::object_store
