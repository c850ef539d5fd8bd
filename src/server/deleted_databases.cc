#include "server/deleted_databases.h"

#include <fmt/format.h>
#include <magnetite/deleted_database.pb.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "base/logging.h"
#include "server/database_loader.h"
#include "server/rules_proto.h"

namespace magnetite::server {
namespace {

constexpr uint32_t kVersion = 1;
constexpr std::string_view kPrefix = "deleted-";

object_store::ObjectPath path_of(model::ServerId server, const model::Uuid& uuid) {
  return object_store::ObjectPath({std::to_string(server.value), fmt::format("{}{}.pb", kPrefix, uuid.text())});
}

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::kCorruption, fmt::format("error deserializing a deleted database: {}", what));
}

}  // namespace

object_store::Bytes encode_deleted_file(const DeletedDatabase& deleted) {
  DeletedDatabaseFile file;
  file.set_version(kVersion);
  const object_store::Bytes rules = encode_rules_file(deleted.rules);
  file.set_rules(rules.data(), rules.size());
  file.set_deleted_at_nanos(deleted.deleted_at.nanos);
  file.set_purge_at_nanos(deleted.purge_at.nanos);
  object_store::Bytes bytes(file.ByteSizeLong());
  file.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

Result<DeletedDatabase> decode_deleted_file(const object_store::Bytes& bytes) {
  DeletedDatabaseFile file;
  if (bytes.size() > std::numeric_limits<int>::max() ||
      !file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return corrupt("it is no such message");
  if (file.version() != kVersion) return corrupt(fmt::format("its version is {}", file.version()));
  if (file.purge_at_nanos() < file.deleted_at_nanos()) return corrupt("it ends before it begins");
  const auto rules_bytes = std::as_bytes(std::span(file.rules()));
  MAGNETITE_TRY(model::DatabaseRules rules, decode_rules_file({rules_bytes.begin(), rules_bytes.end()}));
  if (rules.uuid == model::Uuid{}) return corrupt("its rules have no UUID");
  return DeletedDatabase{std::move(rules), {file.deleted_at_nanos()}, {file.purge_at_nanos()}};
}

Result<> DeletedDatabases::load(model::ServerId server) {
  object_store::ListRequest request;
  request.folder = object_store::ObjectPath({std::to_string(server.value)});
  request.name_prefix = kPrefix;
  std::map<model::Uuid, DeletedDatabase> read;
  do {
    MAGNETITE_TRY(const object_store::ListPage page, store_.list_page(request));
    for (const object_store::ObjectInfo& object : page.objects) {
      MAGNETITE_TRY(const object_store::Bytes bytes, store_.get(object.path));
      auto record = decode_deleted_file(bytes);
      if (!record || path_of(server, record->rules.uuid) != object.path) {
        log::error(
            "a record of a deleted database is left as it is",
            {{"object", object.path.text()}, {"because", record ? "it is of another one" : record.error().message()}});
        continue;
      }
      const model::Uuid uuid = record->rules.uuid;
      read.emplace(uuid, *std::move(record));
    }
    request.after = page.next;
  } while (!request.after.empty());
  for (auto it = read.begin(); it != read.end();) {
    const auto rules_bytes = store_.get(rules_path(server, it->second.rules.name));
    if (!rules_bytes && rules_bytes.error().code() != ErrorCode::kNotFound) return std::unexpected(rules_bytes.error());
    const auto rules =
        rules_bytes ? decode_rules_file(*rules_bytes) : Result<model::DatabaseRules>(fail(ErrorCode::kNotFound, ""));
    if (rules && rules->uuid == it->first) {
      log::warn("a deletion that was not finished, or undone, is forgotten", {{"database", rules->name}});
      MAGNETITE_RETURN_IF_ERROR(store_.remove(path_of(server, it->first)));
      it = read.erase(it);
    } else {
      ++it;
    }
  }
  const MutexLock lock(mutex_);
  known_ = std::move(read);
  return {};
}

Result<> DeletedDatabases::record(model::ServerId server, const DeletedDatabase& deleted) {
  return store_.put(path_of(server, deleted.rules.uuid), encode_deleted_file(deleted));
}

void DeletedDatabases::add(DeletedDatabase deleted) {
  const model::Uuid uuid = deleted.rules.uuid;
  const MutexLock lock(mutex_);
  known_.insert_or_assign(uuid, std::move(deleted));
}

Result<> DeletedDatabases::forget(model::ServerId server, const model::Uuid& uuid) {
  MAGNETITE_RETURN_IF_ERROR(store_.remove(path_of(server, uuid)));
  unlist(uuid);
  return {};
}

void DeletedDatabases::unlist(const model::Uuid& uuid) {
  const MutexLock lock(mutex_);
  known_.erase(uuid);
}

std::vector<DeletedDatabase> DeletedDatabases::list() const {
  std::vector<DeletedDatabase> all;
  {
    const MutexLock lock(mutex_);
    for (const auto& [uuid, deleted] : known_) all.push_back(deleted);
  }
  std::ranges::sort(all, {}, [](const DeletedDatabase& each) {
    return std::tuple(std::string_view(each.rules.name), each.deleted_at.nanos, each.rules.uuid);
  });
  return all;
}

std::optional<DeletedDatabase> DeletedDatabases::find(std::string_view name,
                                                      const std::optional<model::Uuid>& uuid) const {
  std::optional<DeletedDatabase> last;
  const MutexLock lock(mutex_);
  for (const auto& [id, deleted] : known_) {
    if (deleted.rules.name != name || (uuid && *uuid != id)) continue;
    if (!last || last->deleted_at < deleted.deleted_at) last = deleted;
  }
  return last;
}

}  // namespace magnetite::server
