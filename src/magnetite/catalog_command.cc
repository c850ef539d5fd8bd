#include "magnetite/catalog_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>

#include "base/disk.h"
#include "base/executor.h"
#include "magnetite/run_options.h"
#include "object_store/open_store.h"
#include "server/catalog_tools.h"

namespace magnetite {
namespace {

struct Arguments {
  RunOptions run;
  uint32_t server_id = 1;
  std::string database;
  bool confirmed = false;
  bool pass_over_unreadable = false;
};

// Prints; false: what was looked at is not sound.
using Body = std::function<Result<bool>(const server::DatabasePlace&, const Arguments&)>;

Result<bool> on_store(const Arguments& arguments, bool exclusively, const Body& body) {
  const std::unique_ptr<Executor> executor = make_thread_executor();
  const std::unique_ptr<Disk> disk = make_posix_disk();
  object_store::StoreOptions options = arguments.run.store;
  options.data_dir = arguments.run.data_dir;
  MAGNETITE_TRY(const object_store::StoreSettings settings, object_store::store_settings(options));
  std::unique_ptr<FolderLock> lock;
  if (exclusively) {
    MAGNETITE_TRY(lock, disk->lock_folder(arguments.run.data_dir));
  }
  const std::unique_ptr<object_store::ObjectStore> store = object_store::open_store(settings, *executor, *disk);
  return body({*executor, *disk, *store, model::ServerId{arguments.server_id}, arguments.database,
               arguments.run.data_dir + "/log"},
              arguments);
}

void add(CLI::App& group, const char* name, const char* what, const std::shared_ptr<Arguments>& arguments,
         int& exit_code, bool exclusively, Body body, const std::function<void(CLI::App&)>& more = {}) {
  CLI::App& command = *group.add_subcommand(name, what);
  command.add_option("database", arguments->database, "Name of the database")->required();
  command.add_option("--server-id", arguments->server_id, "Number of the server it belongs to")
      ->envname("MAGNETITE_ID")
      ->capture_default_str();
  add_store_options(command, arguments->run);
  if (more) more(command);
  command.callback([arguments, &exit_code, exclusively, body = std::move(body)] {
    const Result<bool> sound = on_store(*arguments, exclusively, body);
    exit_code = sound && *sound ? 0 : 1;
    if (!sound) fmt::print(stderr, "magnetite: {}\n", sound.error().message());
  });
}

}  // namespace

void add_catalog_command(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<Arguments>();
  arguments->run.store.kind = "file";
  CLI::App& group =
      *app.add_subcommand("catalog", "Looks at, checks and repairs the catalog of a database, without a server");
  group.require_subcommand(1);
  add(group, "dump", "Shows every object of the catalog, also one that a server cannot load", arguments, exit_code,
      false, [](const server::DatabasePlace& place, const Arguments&) -> Result<bool> {
        MAGNETITE_TRY(const std::string text, server::dump_catalog(place));
        fmt::print("{}", text);
        return true;
      });
  add(group, "verify", "Checks the catalog and that its files exist; exit code 1 when something is wrong", arguments,
      exit_code, false, [](const server::DatabasePlace& place, const Arguments&) -> Result<bool> {
        MAGNETITE_TRY(const server::CatalogCheck check, server::verify_catalog(place));
        fmt::print("{}", check.text);
        return check.is_sound;
      });
  add(
      group, "rebuild", "Makes the catalog anew out of the data files; the old one is put aside, nothing is removed",
      arguments, exit_code, true,
      [](const server::DatabasePlace& place, const Arguments& given) -> Result<bool> {
        if (!given.confirmed)
          return fail(
              ErrorCode::kInvalidInput,
              "stop the server of this database, then say --server-is-stopped: two writers would harm each other");
        MAGNETITE_TRY(const std::string text, server::rebuild_catalog(place, given.pass_over_unreadable));
        fmt::print("{}", text);
        return true;
      },
      [&](CLI::App& command) {
        command.add_flag("--server-is-stopped", arguments->confirmed, "Required: no server runs this database now");
        command.add_flag("--pass-over-unreadable", arguments->pass_over_unreadable,
                         "Leaves out files that cannot be read, instead of ending at the first");
      });
}

}  // namespace magnetite
