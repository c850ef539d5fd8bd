#include "server/database_loader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/logging.h"
#include "server/rules_proto.h"

namespace magnetite::server {

object_store::ObjectPath rules_path(model::ServerId id, const std::string& name) {
  return object_store::ObjectPath({std::to_string(id.value), name, "rules.pb"});
}

Result<std::vector<std::string>> DatabaseLoader::find(model::ServerId id) {
  const object_store::ObjectPath root({std::to_string(id.value)});
  MAGNETITE_TRY(object_store::FolderListing listing, store_.list_folder(root));
  std::erase_if(listing.folders, [](const std::string& name) {
    const auto valid = model::check_database_name(name);
    if (!valid)
      log::warn("a folder of the store is passed over", {{"folder", name}, {"because", valid.error().message()}});
    return !valid;
  });
  for (const std::string& name : listing.folders) databases_.set(name, {});
  return std::move(listing.folders);
}

std::vector<std::string> DatabaseLoader::load(model::ServerId id, const std::vector<std::string>& names,
                                              const std::atomic<bool>& stop) {
  std::vector<char> again(names.size());  // not bool: each element is one task's
  {
    std::atomic<size_t> next = 0;
    std::vector<Task> tasks;
    for (size_t i = 0; i < std::min(limits_.loads_max, names.size()); ++i)
      tasks.push_back(executor_.spawn("load", [&] {
        for (size_t at = next++; at < names.size() && !stop; at = next++) again[at] = load_one(id, names[at], stop);
      }));
  }
  std::vector<std::string> later;
  for (size_t i = 0; i < names.size(); ++i)
    if (again[i] != 0) later.push_back(names[i]);
  return later;
}

std::vector<std::string> DatabaseLoader::load_again(model::ServerId id, const std::vector<std::string>& names,
                                                    const std::atomic<bool>& stop) {
  std::vector<DatabaseRegistry::Claim> claims;
  std::vector<std::string> claimed;
  std::vector<std::string> held;
  for (const std::string& name : names) {
    auto claim = databases_.claim(name, "being loaded", Duration::zero());
    if (!claim) {
      held.push_back(name);
      continue;
    }
    const auto entry = databases_.entry(name);
    if (!entry || entry->error.empty()) continue;  // deleted, or loaded by somebody else
    claims.push_back(*std::move(claim));
    claimed.push_back(name);
  }
  std::vector<std::string> later = load(id, claimed, stop);
  later.insert(later.end(), held.begin(), held.end());
  return later;
}

bool DatabaseLoader::load_one(model::ServerId id, const std::string& name, const std::atomic<bool>& stop) {
  const auto loaded = try_load(id, name, stop);
  if (loaded || loaded.error().code() == ErrorCode::kShutdown) return false;
  const bool again = loaded.error().is_retryable();
  log::error(again ? "a database could not be loaded, it is tried again" : "a database could not be loaded",
             {{"database", name}, {"error", loaded.error().message()}});
  databases_.fail(name, loaded.error().message());
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
  if (rules.name != name)
    return fail(ErrorCode::kCorruption,
                fmt::format("{} has the rules of database '{}': folders of databases must not be moved or copied",
                            rules_path(id, name).text(), rules.name));
  databases_.set(name, {DatabaseState::kRulesLoaded, {}, nullptr});
  MAGNETITE_TRY(std::shared_ptr<database::Database> database, open_(id, std::move(rules)));
  databases_.set(name, {DatabaseState::kCatalogLoaded, {}, database});
  MAGNETITE_RETURN_IF_ERROR(
      replay(*database, stop, [&] { databases_.set(name, {DatabaseState::kReplay, {}, database}); }));
  databases_.set(name, {DatabaseState::kInitialized, {}, std::move(database)});
  return {};
}

Result<> DatabaseLoader::replay(database::Database& database, const std::atomic<bool>& stop,
                                const std::function<void()>& begun) {
  constexpr std::chrono::milliseconds kStopHeard{100};
  {
    const MutexLock lock(mutex_);
    while (replays_ >= limits_.replays_max && !stop)
      replay_ended_.wait_until(mutex_, executor_.clock().mono_now() + kStopHeard, WaitReason::kReplay);
    if (stop) return fail(ErrorCode::kShutdown, "the server is stopping");
    ++replays_;
  }
  begun();
  const Result<> replayed = database.replay(stop);
  const MutexLock lock(mutex_);
  --replays_;
  replay_ended_.notify_one();
  return replayed;
}

}  // namespace magnetite::server
