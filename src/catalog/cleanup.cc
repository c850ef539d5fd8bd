#include "catalog/cleanup.h"

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/crash_point.h"
#include "catalog/layout.h"

namespace magnetite::catalog {

Result<CleanupReport> run_cleanup_once(Catalog& catalog, const CleanupOptions& options) {
  object_store::ObjectStore& store = catalog.place().store;
  const ObjectPath& folder = catalog.place().database_folder;
  MAGNETITE_TRY(const std::vector<ObjectPath> listed, store.list(data_folder(folder)));

  const Catalog::InUse in_use = catalog.in_use();
  std::unordered_set<std::string_view> used(in_use.other_paths.begin(), in_use.other_paths.end());
  for_each_file(*in_use.state,
                [&](const Table&, const Partition&, const FilePointer& file) { used.insert(file->path); });

  MAGNETITE_RETURN_IF_ERROR(catalog.check_owner());

  CleanupReport report;
  for (const ObjectPath& object : listed) {
    if (!object.parts().back().ends_with(".parquet")) continue;
    ++report.listed;
    const auto path = file_path_of(folder, object);
    if (!path || used.contains(*path)) continue;
    if (report.removed + report.failed == options.files_max) {
      report.more = true;
      break;
    }
    MAGNETITE_CRASH_POINT("catalog.cleanup.before_remove");
    const auto removed = store.remove(object);
    if (removed || removed.error().code() == ErrorCode::kNotFound)
      ++report.removed;
    else
      ++report.failed;
  }
  report.more |= report.failed > 0;
  return report;
}

}  // namespace magnetite::catalog
