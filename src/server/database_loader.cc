#include "server/database_loader.h"

#include "base/logging.h"
#include "server/rules_proto.h"

namespace magnetite::server {

object_store::ObjectPath rules_path(model::ServerId id, const std::string& name) {
  return object_store::ObjectPath({std::to_string(id.value), name, "rules.pb"});
}

Result<std::vector<std::string>> DatabaseLoader::load_all(model::ServerId id, const std::atomic<bool>& stop) {
  const object_store::ObjectPath root({std::to_string(id.value)});
  MAGNETITE_TRY(const object_store::FolderListing listing, store_.list_folder(root));
  for (const std::string& name : listing.folders) databases_.set(name, {});
  std::vector<std::string> later;
  for (const std::string& name : listing.folders) {
    if (stop) break;
    if (load(id, name, stop)) later.push_back(name);
  }
  return later;
}

bool DatabaseLoader::load(model::ServerId id, const std::string& name, const std::atomic<bool>& stop) {
  const auto loaded = try_load(id, name, stop);
  if (loaded || loaded.error().code() == ErrorCode::kShutdown) return false;
  const bool again = loaded.error().is_retryable();
  log::error(again ? "a database could not be loaded, it is tried again" : "a database could not be loaded",
             {{"database", name}, {"error", loaded.error().message()}});
  databases_.set(name, {DatabaseState::kKnown, loaded.error().message(), nullptr});
  return again;
}

Result<> DatabaseLoader::try_load(model::ServerId id, const std::string& name, const std::atomic<bool>& stop) {
  auto bytes = store_.get(rules_path(id, name));
  if (!bytes && bytes.error().code() == ErrorCode::kNotFound) {  // a creation that never finished
    databases_.forget(name);
    return {};
  }
  if (!bytes) return std::unexpected(std::move(bytes).error());
  MAGNETITE_TRY(model::DatabaseRules rules, decode_rules_file(*bytes));
  databases_.set(name, {DatabaseState::kRulesLoaded, {}, nullptr});
  MAGNETITE_TRY(std::shared_ptr<database::Database> database, open_(id, std::move(rules)));
  databases_.set(name, {DatabaseState::kReplay, {}, database});
  MAGNETITE_RETURN_IF_ERROR(database->replay(stop));
  databases_.set(name, {DatabaseState::kInitialized, {}, std::move(database)});
  return {};
}

}  // namespace magnetite::server
