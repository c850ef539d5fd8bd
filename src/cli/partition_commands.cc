#include "cli/partition_commands.h"

#include <fmt/format.h>
#include <google/longrunning/operations.pb.h>
#include <influxdata/iox/management/v1/chunk.pb.h>

#include <CLI/CLI.hpp>

#include "cli/admin_json.h"
#include "cli/command.h"
#include "cli/job_output.h"
#include "cli/partition_calls.h"

namespace magnetite::cli {
namespace {

// Values of all commands here; they live as long as the commands.
struct Arguments {
  PartitionName partition;
  uint32_t chunk = 0;
  bool force = false;
  bool pass_over_unreadable = false;
};
using Shared = std::shared_ptr<Arguments>;

constexpr const char* kKey = "\"2023-11-14 22:00:00\"";

CLI::App& of_database(CLI::App& group, const char* name, const char* what, const std::string& example,
                      const Shared& given) {
  CLI::App& command = add_command(group, name, what, {example.c_str()});
  command.add_option("database", given->partition.database, "Name of the database")->required();
  return command;
}

CLI::App& of_key(CLI::App& group, const char* name, const char* what, const std::string& more, const Shared& given) {
  CLI::App& command =
      of_database(group, name, what, fmt::format("magnetite database partition {} home {}{}", name, kKey, more), given);
  command.add_option("partition_key", given->partition.key, "Key of the partition")->required();
  return command;
}

CLI::App& of_partition(CLI::App& group, const char* name, const char* what, const std::string& more,
                       const Shared& given) {
  CLI::App& command = of_key(group, name, what, " room" + more, given);
  command.add_option("table", given->partition.table, "Name of the table")->required();
  return command;
}

CLI::App& of_chunk(CLI::App& group, const char* name, const char* what, const Shared& given) {
  CLI::App& command = of_partition(group, name, what, " 0", given);
  command.add_option("chunk_id", given->chunk, "Id of the chunk, as `chunk list` shows it")->required();
  return command;
}

Result<Output> ok_if(Result<> done) {
  MAGNETITE_RETURN_IF_ERROR(std::move(done));
  return ok();
}

void add_looks(CLI::App& chunk, CLI::App& partition, const Stage& stage, const Shared& given) {
  run_as(of_database(chunk, "list", "Lists the chunks of a database", "magnetite database chunk list home", given),
         stage, [given](const Client& client) -> Result<Output> {
           MAGNETITE_TRY(const auto chunks, list_chunks(client, given->partition.database));
           return json_output(chunks_json(chunks));
         });
  run_as(of_database(partition, "list", "Lists the keys of a database's partitions",
                     "magnetite database partition list home", given),
         stage, [given](const Client& client) -> Result<Output> {
           MAGNETITE_TRY(const auto keys, list_partitions(client, given->partition.database));
           return json_output(names_json(keys));
         });
  run_as(of_key(partition, "get", "Shows a partition", "", given), stage,
         [given](const Client& client) -> Result<Output> {
           MAGNETITE_TRY(const auto key, get_partition(client, given->partition.database, given->partition.key));
           return json_output(partition_json(key));
         });
  run_as(of_key(partition, "list-chunks", "Lists the chunks of a partition", "", given), stage,
         [given](const Client& client) -> Result<Output> {
           MAGNETITE_TRY(const auto chunks,
                         list_partition_chunks(client, given->partition.database, given->partition.key));
           return json_output(chunks_json(chunks));
         });
}

void add_changes(CLI::App& partition, const Stage& stage, const Shared& given) {
  run_as(of_partition(partition, "new-chunk", "Closes the open chunk; later writes begin another", "", given), stage,
         [given](const Client& client) { return ok_if(new_chunk(client, given->partition)); });
  run_as_job(of_chunk(partition, "close-chunk", "Closes a chunk and makes its compressed image, as a job", given),
             stage, [given](const Client& client) { return close_chunk(client, given->partition, given->chunk); });
  run_as(of_chunk(partition, "unload-chunk", "Frees the memory of a persisted chunk; it stays queryable", given), stage,
         [given](const Client& client) { return ok_if(unload_chunk(client, given->partition, given->chunk)); });
  run_as_job(of_partition(partition, "persist", "Writes what a partition has in memory to the object store, as a job",
                          " --wait", given),
             stage, [given](const Client& client) { return persist_partition(client, given->partition); });
  run_as_job(of_partition(partition, "compact", "Makes few chunks or files out of many, as a job", " --wait", given),
             stage, [given](const Client& client) { return compact_partition(client, given->partition); });
  CLI::App& drop = of_partition(partition, "drop", "Removes the rows of a partition for good", " --yes", given);
  const auto yes = add_yes(drop);
  run_as(drop, stage, [given, yes](const Client& client) -> Result<Output> {
    MAGNETITE_RETURN_IF_ERROR(
        confirm(*yes, fmt::format("Remove all rows of partition {} of table {} in {} for good?", given->partition.key,
                                  given->partition.table, given->partition.database)));
    return ok_if(drop_partition(client, given->partition));
  });
}

void add_catalog(CLI::App& catalog, const Stage& stage, const Shared& given) {
  CLI::App& wipe = of_database(catalog, "wipe", "Removes the catalog of a database that could not be loaded",
                               "magnetite database catalog wipe broken --force", given);
  wipe.add_flag("--force", given->force, "Required: what only the catalog knows is lost; `rebuild` keeps it");
  run_as_job(wipe, stage, [given](const Client& client) -> Result<google::longrunning::Operation> {
    if (!given->force) throw CLI::ValidationError("Need to pass `--force`");
    return wipe_catalog(client, given->partition.database);
  });
  run_as_job(of_database(catalog, "verify", "Checks the catalog of a database and that its files are there, as a job",
                         "magnetite database catalog verify home --wait", given),
             stage, [given](const Client& client) { return verify_catalog(client, given->partition.database); });
  CLI::App& rebuild = of_database(
      catalog, "rebuild", "Puts the catalog of a database that could not be loaded aside and makes it anew, as a job",
      "magnetite database catalog rebuild broken --wait", given);
  rebuild.add_flag("--pass-over-unreadable", given->pass_over_unreadable,
                   "Leaves out files that cannot be read, instead of ending at the first");
  run_as_job(rebuild, stage, [given](const Client& client) {
    return rebuild_catalog(client, given->partition.database,
                           given->pass_over_unreadable ? UnreadableFiles::kPassOver : UnreadableFiles::kFail);
  });
}

}  // namespace

void add_partition_commands(CLI::App& database, const Stage& stage) {
  const auto given = std::make_shared<Arguments>();
  CLI::App& chunk = add_group(database, "chunk", "Shows chunks");
  CLI::App& partition = add_group(database, "partition", "Shows partitions, changes their chunks");
  add_looks(chunk, partition, stage, given);
  add_changes(partition, stage, given);
  add_catalog(add_group(database, "catalog", "Checks and repairs the catalog of a database"), stage, given);
}

}  // namespace magnetite::cli
