#include "server/catalog_tools.h"

#include <fmt/format.h>

#include "catalog/inspect.h"
#include "catalog/rebuild.h"
#include "database/found_file.h"
#include "server/database_loader.h"
#include "server/rules_proto.h"
#include "write_buffer/file/file_log.h"

namespace magnetite::server {
namespace {

struct Found {
  object_store::ObjectPath folder;
  model::DatabaseRules rules;
  model::Uuid uuid;
};

Result<Found> find(const DatabasePlace& place) {
  const auto bytes = place.store.get(rules_path(place.server, place.database));
  if (!bytes && bytes.error().code() == ErrorCode::kNotFound)
    return fail(ErrorCode::kNotFound, fmt::format("server {} has no database '{}' in {}", place.server.value,
                                                  place.database, place.store.description()));
  if (!bytes) return std::unexpected(bytes.error());
  MAGNETITE_TRY(model::DatabaseRules rules, decode_rules_file(*bytes));
  const object_store::ObjectPath root({std::to_string(place.server.value), place.database});
  const model::Uuid uuid = rules.uuid;
  return Found{root / uuid.text(), std::move(rules), uuid};
}

}  // namespace

Result<catalog::StartLog> own_log_of(const DatabasePlace& place, const model::DatabaseRules& rules) {
  write_buffer::FileLogOptions options;
  options.folder = fmt::format("{}/{}", place.log_folder, rules.uuid.text());
  MAGNETITE_TRY(const std::unique_ptr<write_buffer::FileLog> log,
                write_buffer::FileLog::open(place.disk, place.executor, std::move(options)));
  return catalog::StartLog{log->writer().log_id(), static_cast<uint32_t>(log->writer().sequencer_ids().size())};
}

Result<std::string> dump_catalog(const DatabasePlace& place) {
  MAGNETITE_TRY(const Found found, find(place));
  MAGNETITE_TRY(const std::vector<catalog::DumpedObject> objects, catalog::dump(place.store, found.folder, found.uuid));
  std::string text;
  for (const catalog::DumpedObject& object : objects) text += catalog::to_text(object);
  return text;
}

Result<CatalogCheck> verify_catalog(const DatabasePlace& place) {
  MAGNETITE_TRY(const Found found, find(place));
  MAGNETITE_TRY(const catalog::VerifyReport report,
                catalog::verify(place.store, place.executor, found.folder, found.uuid));
  return CatalogCheck{catalog::to_text(report), report.is_sound()};
}

Result<std::string> rebuild_catalog(const DatabasePlace& place, bool pass_over_unreadable, const LogOf& log_of) {
  MAGNETITE_TRY(const Found found, find(place));
  MAGNETITE_TRY(const catalog::StartLog log, log_of(place, found.rules));
  MAGNETITE_TRY(const uint64_t set_aside, catalog::set_catalog_aside(place.store, found.folder));
  const catalog::FileReader reader = [&](const object_store::ObjectPath& object) {
    return database::read_found_file(place.store, object, found.uuid);
  };
  MAGNETITE_TRY(const catalog::RebuildReport report,
                catalog::rebuild({place.store, place.executor, found.folder, found.uuid}, reader,
                                 {.log = log, .pass_over_unreadable_files = pass_over_unreadable}));
  std::string text =
      fmt::format("{} objects of the old catalog are in {}/catalog-set-aside\n{} files are in the new one\n", set_aside,
                  found.folder.text(), report.files);
  for (const catalog::Problem& problem : report.passed_over)
    text += fmt::format("passed over: {}: {}\n", problem.object, problem.what);
  return text;
}

}  // namespace magnetite::server
