// Removes data files that nothing refers to: leftovers of writes that failed, and files that transactions removed.
//
// Why it cannot remove a live file, whatever runs beside it. A pass
//   1. lists the data files,
//   2. takes, in one moment, the state and all other names in use (Catalog::in_use),
//   3. asks the store whether this catalog still is the only writer,
//   4. removes what 1 has and 2 has not.
// Let F be a file of the listing. If this process wrote it, its name was reserved before its first byte, so before 1,
// and until it was committed or given up. At 2 it is reserved, or in the state, or removed but held by somebody, or
// nobody can ever use it: names are never used again, so it stays dead until 4, however late that is. If a writer
// before us wrote F, either its transaction lies before our claim and we have loaded it, or it can no more be
// committed. If a writer after us wrote F, it made its claim before its first byte, so before 1, and step 3 meets that
// claim. Whoever reads a file holds its FilePointer, from the state or from the commit that added it.
#pragma once

#include <cstdint>

#include "catalog/catalog.h"

namespace magnetite::catalog {

struct CleanupOptions {
  uint64_t files_max = 1'000;  // removed in one pass
};

struct CleanupReport {
  uint64_t listed = 0;   // data files looked at
  uint64_t removed = 0;  // asked for; a file that was gone already counts
  uint64_t failed = 0;   // the store did not remove them; a later pass will
  bool more = false;     // files_max was reached, or something failed
};

// One pass. The caller decides when and how often; two at a time are harmless. An error: nothing was removed.
Result<CleanupReport> run_cleanup_once(Catalog& catalog, const CleanupOptions& options = {});

}  // namespace magnetite::catalog
