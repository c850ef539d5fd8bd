#include "server/database_admin.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/logging.h"
#include "server/catalog_tools.h"
#include "server/rules_proto.h"

namespace magnetite::server {
namespace {

constexpr std::chrono::minutes kPassesApart{1};  // while something failed, or queries hold what is due
constexpr std::chrono::hours kPassesApartMax{1};

std::unexpected<Error> not_found(std::string_view name) {
  return fail(ErrorCode::kNotFound, fmt::format("Database {} not found", name));
}

object_store::ObjectPath folder_of(model::ServerId server, const model::DatabaseRules& rules) {
  return object_store::ObjectPath({std::to_string(server.value), rules.name, rules.uuid.text()});
}

bool has_own_log(const model::DatabaseRules& rules) {
  return rules.write_buffer_writing.empty() && rules.write_buffer_reading.empty();
}

}  // namespace

DatabaseAdmin::DatabaseAdmin(AdminParts parts)
    : parts_(std::move(parts)), deleted_(parts_.store), due_(parts_.executor) {}

Result<DeletedDatabase> DatabaseAdmin::remove(model::ServerId server, std::string_view name_text, Duration keep_for) {
  const std::string name(name_text);
  MAGNETITE_TRY(const DatabaseRegistry::Claim claim, parts_.databases.claim(name, "being deleted"));
  const std::optional<DatabaseRegistry::Entry> entry = parts_.databases.entry(name);
  if (!entry) return not_found(name);
  if (entry->error.empty() && entry->state != DatabaseState::kInitialized)
    return fail(ErrorCode::kUnavailable, fmt::format("database {} is loading ({}): delete it when that has ended", name,
                                                     to_string(entry->state)));
  const auto bytes = parts_.store.get(rules_path(server, name));
  if (!bytes && bytes.error().code() == ErrorCode::kNotFound) return not_found(name);
  if (!bytes) return std::unexpected(bytes.error());
  const auto rules = decode_rules_file(*bytes);
  if (!rules)
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("which data is database {}'s stands in {}, which cannot be read ({}): put it right first",
                            name, rules_path(server, name).text(), rules.error().message()));
  const WallTime now = parts_.executor.clock().wall_now();
  const int64_t room = INT64_MAX - now.nanos;
  DeletedDatabase deleted{*rules, now, {now.nanos + std::min(room, keep_for.count())}};
  MAGNETITE_RETURN_IF_ERROR(deleted_.record(server, deleted));
  // Should this be unclear, the record stays: what the rules' file says then counts, at the next start too.
  MAGNETITE_RETURN_IF_ERROR(parts_.store.remove(rules_path(server, name)));
  deleted_.add(deleted);
  parts_.databases.forget(name);
  if (entry->database != nullptr) entry->database->stop();
  {
    const MutexLock lock(mutex_);
    if (entry->database != nullptr) let_go_[rules->uuid] = entry->database;
    look_again_ = true;
    due_.notify_all();
  }
  log::warn("a database was deleted",
            {{"database", name},
             {"uuid", rules->uuid.text()},
             {"kept_seconds", std::to_string(std::chrono::floor<std::chrono::seconds>(keep_for).count())}});
  return deleted;
}

Result<model::Uuid> DatabaseAdmin::restore(model::ServerId server, std::string_view name_text,
                                           const std::optional<model::Uuid>& uuid) {
  const std::string name(name_text);
  MAGNETITE_TRY(const DatabaseRegistry::Claim claim, parts_.databases.claim(name, "being restored"));
  const std::optional<DeletedDatabase> deleted = deleted_.find(name, uuid);
  if (!deleted) return fail(ErrorCode::kNotFound, fmt::format("no deleted database {} is kept", name));
  if (is_in_use(deleted->rules.uuid))
    return fail(ErrorCode::kUnavailable, fmt::format("queries still read database {}: try again", name));
  if (!parts_.databases.reserve(name))
    return fail(ErrorCode::kAlreadyExists,
                fmt::format("Database {} already exists: delete it before the old one comes back", name));
  if (auto put = parts_.store.put_if_absent(rules_path(server, name), encode_rules_file(deleted->rules)); !put) {
    parts_.databases.forget(name);
    return std::unexpected(std::move(put).error());
  }
  deleted_.unlist(deleted->rules.uuid);  // whatever becomes of the record: the database is there again
  if (auto gone = deleted_.forget(server, deleted->rules.uuid); !gone)
    log::warn("the record of a restored database is still there; the next start removes it",
              {{"database", name}, {"error", gone.error().message()}});
  static_cast<void>(parts_.loader.load(server, {name}, parts_.stopping));
  MAGNETITE_RETURN_IF_ERROR(parts_.databases.find(name));
  log::info("a database was restored", {{"database", name}, {"uuid", deleted->rules.uuid.text()}});
  return deleted->rules.uuid;
}

Result<jobs::JobId> DatabaseAdmin::verify_catalog(model::ServerId server, std::string_view name_text) {
  const std::string name(name_text);
  if (!parts_.databases.entry(name)) return not_found(name);
  return parts_.jobs.submit(
      parts_.pool, jobs::JobKind::kVerifyCatalog, {name, {}, {}, {}},
      [this, server, name](jobs::JobControl& control) -> Result<> {
        MAGNETITE_TRY(CatalogCheck check, server::verify_catalog({parts_.executor, parts_.disk, parts_.store, server,
                                                                  name, parts_.log_folder}));
        control.report(std::move(check.text));
        if (check.is_sound) return {};
        return fail(ErrorCode::kCorruption, "the catalog is not sound, the report says what is wrong with it");
      });
}

Result<jobs::JobId> DatabaseAdmin::rebuild_catalog(model::ServerId server, std::string_view name,
                                                   bool pass_over_unreadable) {
  if (!parts_.databases.entry(name)) return not_found(name);
  return remake_catalog(server, name, pass_over_unreadable, jobs::JobKind::kRebuildCatalog);
}

Result<jobs::JobId> DatabaseAdmin::wipe_catalog(model::ServerId server, std::string_view name) {
  if (parts_.databases.entry(name)) return remake_catalog(server, name, true, jobs::JobKind::kWipeCatalog);
  MAGNETITE_RETURN_IF_ERROR(model::check_database_name(name));
  return parts_.jobs.submit(parts_.pool, jobs::JobKind::kWipeCatalog, {std::string(name), {}, {}, {}},
                            [](jobs::JobControl& control) -> Result<> {
                              control.report("there is no such database, and nothing to wipe");
                              return {};
                            });
}

Result<jobs::JobId> DatabaseAdmin::remake_catalog(model::ServerId server, std::string_view name_text,
                                                  bool pass_over_unreadable, jobs::JobKind kind) {
  const std::string name(name_text);
  const auto check = [this, name]() -> Result<> {
    const std::optional<DatabaseRegistry::Entry> entry = parts_.databases.entry(name);
    if (!entry) return not_found(name);
    if (!entry->error.empty() && entry->database == nullptr) return {};
    return fail(ErrorCode::kAlreadyExists,
                fmt::format("Database {} already exists: it is loaded, its catalog is not touched", name));
  };
  MAGNETITE_RETURN_IF_ERROR(check());
  return parts_.jobs.submit(parts_.pool, kind, {name, {}, {}, {}}, [=, this](jobs::JobControl& control) -> Result<> {
    MAGNETITE_TRY(const DatabaseRegistry::Claim claim, parts_.databases.claim(name, "having its catalog made anew"));
    MAGNETITE_RETURN_IF_ERROR(check());
    const LogOf log_of = [this](const DatabasePlace&, const model::DatabaseRules& rules) -> Result<catalog::StartLog> {
      MAGNETITE_TRY(const write_buffer::Log log, parts_.logs.open(rules));
      return catalog::StartLog{log.id(), static_cast<uint32_t>(log.sequencer_ids().size())};
    };
    MAGNETITE_TRY(std::string report,
                  server::rebuild_catalog({parts_.executor, parts_.disk, parts_.store, server, name, parts_.log_folder},
                                          pass_over_unreadable, log_of));
    control.report(std::move(report));
    static_cast<void>(parts_.loader.load(server, {name}, parts_.stopping));
    MAGNETITE_RETURN_IF_ERROR(parts_.databases.find(name));
    return {};
  });
}

bool DatabaseAdmin::is_in_use(const model::Uuid& uuid) {
  const MutexLock lock(mutex_);
  const auto found = let_go_.find(uuid);
  if (found == let_go_.end()) return false;
  if (!found->second.expired()) return true;
  let_go_.erase(found);
  return false;
}

void DatabaseAdmin::start_purging(model::ServerId server) {
  purger_ = parts_.executor.spawn("purge", [this, server] { run_purging(server); });
}

void DatabaseAdmin::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    due_.notify_all();
  }
  purger_.join();
}

void DatabaseAdmin::run_purging(model::ServerId server) {
  while (true) {
    const MonoTime next = purge_once(server);
    const MutexLock lock(mutex_);
    while (!stopping_ && !look_again_ && due_.wait_until(mutex_, next, WaitReason::kTimer) != WaitOutcome::kDeadline) {
    }
    if (stopping_) return;
  }
}

MonoTime DatabaseAdmin::purge_once(model::ServerId server) {
  {
    const MutexLock lock(mutex_);
    look_again_ = false;
  }
  Duration next = kPassesApartMax;
  for (const DeletedDatabase& each : deleted_.list()) {
    const Duration left(each.purge_at.nanos - parts_.executor.clock().wall_now().nanos);
    if (left > Duration::zero()) {
      next = std::min(next, left);
      continue;
    }
    next = std::min<Duration>(next, kPassesApart);
    if (is_in_use(each.rules.uuid)) continue;
    const auto claim = parts_.databases.claim(each.rules.name, "being purged", Duration::zero());
    if (!claim || !deleted_.find(each.rules.name, each.rules.uuid)) continue;
    parts_.jobs.run(jobs::JobKind::kPurgeDatabase, {each.rules.name, {}, {}, {}},
                    [&](jobs::JobControl& control) { return purge(server, each, control); });
  }
  return parts_.executor.clock().mono_now() + next;
}

// Only what no rules name: the last look before anything is lost, whatever the records say.
Result<> DatabaseAdmin::check_gone(model::ServerId server, const DeletedDatabase& deleted) const {
  const object_store::ObjectPath path = rules_path(server, deleted.rules.name);
  const auto bytes = parts_.store.get(path);
  if (!bytes && bytes.error().code() == ErrorCode::kNotFound) return {};
  if (!bytes) return std::unexpected(bytes.error());
  const auto rules = decode_rules_file(*bytes);
  if (rules && rules->uuid != deleted.rules.uuid) return {};
  return fail(ErrorCode::kFailedPrecondition,
              fmt::format("nothing is purged: {} {}", path.text(),
                          rules ? "names this very database" : "cannot be read and may name this database"));
}

// The record goes last: whatever stops this half-way, the rest is found again.
Result<> DatabaseAdmin::purge(model::ServerId server, const DeletedDatabase& deleted, const jobs::JobControl& control) {
  MAGNETITE_RETURN_IF_ERROR(check_gone(server, deleted));
  object_store::ListRequest request;
  request.folder = folder_of(server, deleted.rules);
  request.deep = true;
  while (true) {
    MAGNETITE_TRY(const object_store::ListPage page, parts_.store.list_page(request));
    for (const object_store::ObjectInfo& object : page.objects) {
      MAGNETITE_RETURN_IF_ERROR(control.check());
      if (parts_.stopping) return fail(ErrorCode::kShutdown, "the server is stopping");
      MAGNETITE_RETURN_IF_ERROR(parts_.store.remove(object.path));
    }
    if (page.next.empty()) break;
    request.after = page.next;
  }
  if (has_own_log(deleted.rules)) MAGNETITE_RETURN_IF_ERROR(remove_log(deleted.rules));
  MAGNETITE_RETURN_IF_ERROR(deleted_.forget(server, deleted.rules.uuid));
  log::info("a deleted database was purged", {{"database", deleted.rules.name}, {"uuid", deleted.rules.uuid.text()}});
  return {};
}

Result<> DatabaseAdmin::remove_log(const model::DatabaseRules& rules) {
  const std::string folder = fmt::format("{}/{}", parts_.log_folder, rules.uuid.text());
  const auto there = parts_.disk.exists(folder);
  if (!there) return std::unexpected(there.error());
  if (!*there) return {};
  MAGNETITE_TRY(const std::vector<DirectoryEntry> entries, parts_.disk.list(folder));
  for (const DirectoryEntry& entry : entries)
    MAGNETITE_RETURN_IF_ERROR(parts_.disk.remove(fmt::format("{}/{}", folder, entry.name)));
  return parts_.disk.remove(folder);
}

}  // namespace magnetite::server
