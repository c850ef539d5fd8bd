// A data file in its own words, for a catalog that is made anew.
#pragma once

#include "catalog/rebuild.h"
#include "object_store/object_store.h"

namespace magnetite::database {

// Reads the footer. kCorruption when it is not a file of the database `uuid`.
Result<catalog::FoundFile> read_found_file(object_store::ObjectStore& store, const object_store::ObjectPath& object,
                                           model::Uuid uuid);

}  // namespace magnetite::database
