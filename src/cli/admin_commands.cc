#include "cli/admin_commands.h"

#include <fmt/format.h>
#include <google/longrunning/operations.pb.h>
#include <influxdata/iox/management/v1/chunk.pb.h>

#include <CLI/CLI.hpp>
#include <functional>

#include "cli/admin_json.h"
#include "cli/client.h"
#include "cli/server_status.h"

namespace magnetite::cli {
namespace {

// Values of all commands here; they live as long as the commands.
struct Arguments {
  std::shared_ptr<const Endpoint> endpoint;
  ChunkName chunk;
  std::string operation;
  std::optional<uint64_t> wait_nanos;
  std::vector<uint64_t> naps;
  uint32_t server_id = 0;
};
using Shared = std::shared_ptr<Arguments>;

// What the command prints.
using Body = std::function<Result<std::string>(Client&, const Arguments&)>;

void run_as(CLI::App& command, const Shared& arguments, int& exit_code, Body body) {
  command.fallthrough();
  command.callback([arguments, &exit_code, body = std::move(body)] {
    const auto run = [&]() -> Result<std::string> {
      MAGNETITE_TRY(const std::unique_ptr<Client> client, Client::make(*arguments->endpoint));
      return body(*client, *arguments);
    };
    const Result<std::string> shown = run();
    exit_code = shown ? 0 : 1;
    if (shown)
      fmt::print("{}\n", *shown);
    else
      fmt::print(stderr, "{}\n", shown.error().message());
  });
}

CLI::App& add_command(CLI::App& group, const char* name, const char* what, const Shared& arguments) {
  CLI::App& command = *group.add_subcommand(name, what);
  command.add_option("database", arguments->chunk.database, "Name of the database")->required();
  return command;
}

CLI::App& add_partition_command(CLI::App& group, const char* name, const char* what, const Shared& arguments) {
  CLI::App& command = add_command(group, name, what, arguments);
  command.add_option("partition_key", arguments->chunk.partition_key, "Key of the partition")->required();
  return command;
}

CLI::App& add_chunk_command(CLI::App& group, const char* name, const char* what, const Shared& arguments) {
  CLI::App& command = add_partition_command(group, name, what, arguments);
  command.add_option("table", arguments->chunk.table, "Name of the table")->required();
  command.add_option("chunk_id", arguments->chunk.id, "Id of the chunk, as `chunk list` shows it")->required();
  return command;
}

Result<std::string> ok(Result<> done) {
  MAGNETITE_RETURN_IF_ERROR(std::move(done));
  return "Ok";
}

CLI::App& add_group(CLI::App& parent, const char* name, const char* what) {
  CLI::App& group = *parent.add_subcommand(name, what);
  group.require_subcommand(1);
  group.fallthrough();
  return group;
}

}  // namespace

void add_chunk_commands(CLI::App& database, const std::shared_ptr<const Endpoint>& endpoint, int& exit_code) {
  const auto arguments = std::make_shared<Arguments>();
  arguments->endpoint = endpoint;
  const auto runs = [&](CLI::App& command, Body body) { run_as(command, arguments, exit_code, std::move(body)); };

  CLI::App& chunk = add_group(database, "chunk", "Shows chunks");
  runs(add_command(chunk, "list", "Lists the chunks of a database", arguments),
       [](Client& client, const Arguments& given) -> Result<std::string> {
         MAGNETITE_TRY(const auto chunks, client.list_chunks(given.chunk.database));
         return chunks_json(chunks);
       });

  CLI::App& partition = add_group(database, "partition", "Shows partitions, changes their chunks");
  runs(add_command(partition, "list", "Lists the keys of a database's partitions", arguments),
       [](Client& client, const Arguments& given) -> Result<std::string> {
         MAGNETITE_TRY(const auto keys, client.list_partitions(given.chunk.database));
         return names_json(keys);
       });
  runs(add_partition_command(partition, "get", "Shows a partition", arguments),
       [](Client& client, const Arguments& given) -> Result<std::string> {
         MAGNETITE_TRY(const auto key, client.get_partition(given.chunk.database, given.chunk.partition_key));
         return partition_json(key);
       });
  runs(add_partition_command(partition, "list-chunks", "Lists the chunks of a partition", arguments),
       [](Client& client, const Arguments& given) -> Result<std::string> {
         MAGNETITE_TRY(const auto chunks,
                       client.list_partition_chunks(given.chunk.database, given.chunk.partition_key));
         return chunks_json(chunks);
       });
  CLI::App& new_chunk =
      add_partition_command(partition, "new-chunk", "Closes the open chunk; later writes begin another", arguments);
  new_chunk.add_option("table", arguments->chunk.table, "Name of the table")->required();
  runs(new_chunk, [](Client& client, const Arguments& given) { return ok(client.new_chunk(given.chunk)); });
  runs(
      add_chunk_command(partition, "close-chunk", "Closes a chunk and makes its compressed image, as a job", arguments),
      [](Client& client, const Arguments& given) -> Result<std::string> {
        MAGNETITE_TRY(const auto operation, client.close_chunk(given.chunk));
        return operation_json(operation);
      });
  runs(add_chunk_command(partition, "unload-chunk", "Frees the memory of a persisted chunk; it stays queryable",
                         arguments),
       [](Client& client, const Arguments& given) { return ok(client.unload_chunk(given.chunk)); });
}

void add_operation_commands(CLI::App& app, const std::shared_ptr<const Endpoint>& endpoint, int& exit_code) {
  const auto arguments = std::make_shared<Arguments>();
  arguments->endpoint = endpoint;
  const auto runs = [&](CLI::App& command, Body body) { run_as(command, arguments, exit_code, std::move(body)); };
  const auto one = [&](CLI::App& group, const char* name, const char* what) -> CLI::App& {
    CLI::App& command = *group.add_subcommand(name, what);
    command.add_option("id", arguments->operation, "Number of the operation")->required();
    return command;
  };

  CLI::App& operation = add_group(app, "operation", "Shows, awaits and cancels background jobs");
  runs(*operation.add_subcommand("list", "Lists the jobs that run and those that ended last"),
       [](Client& client, const Arguments&) -> Result<std::string> {
         MAGNETITE_TRY(const auto operations, client.list_operations());
         return operations_json(operations);
       });
  runs(one(operation, "get", "Shows a job"), [](Client& client, const Arguments& given) -> Result<std::string> {
    MAGNETITE_TRY(const auto found, client.get_operation(given.operation));
    return operation_json(found);
  });
  CLI::App& wait = one(operation, "wait", "Waits until a job has ended, then shows it");
  wait.add_option("nanos", arguments->wait_nanos, "At most so many nanoseconds");
  runs(wait, [](Client& client, const Arguments& given) -> Result<std::string> {
    MAGNETITE_TRY(const auto found, client.wait_operation(given.operation, given.wait_nanos));
    return operation_json(found);
  });
  runs(one(operation, "cancel", "Asks a job to end early"),
       [](Client& client, const Arguments& given) { return ok(client.cancel_operation(given.operation)); });
  CLI::App& test = *operation.add_subcommand("test", "Starts a job that only sleeps");
  test.add_option("nanos", arguments->naps, "Its naps, in nanoseconds")->required();
  runs(test, [](Client& client, const Arguments& given) -> Result<std::string> {
    MAGNETITE_TRY(const auto started, client.start_dummy_job(given.naps));
    return operation_json(started);
  });
}

void add_server_commands(CLI::App& app, const std::shared_ptr<const Endpoint>& endpoint, int& exit_code) {
  const auto arguments = std::make_shared<Arguments>();
  arguments->endpoint = endpoint;
  CLI::App& server = add_group(app, "server", "Shows and sets the server's id");
  run_as(*server.add_subcommand("get", "Shows the server's id"), arguments, exit_code,
         [](Client& client, const Arguments&) -> Result<std::string> {
           MAGNETITE_TRY(const uint32_t id, client.server_id());
           return std::to_string(id);
         });
  CLI::App& set = *server.add_subcommand("set", "Gives a server that was started without one its id");
  set.add_option("id", arguments->server_id, "Above zero; for ever")->required();
  run_as(set, arguments, exit_code,
         [](Client& client, const Arguments& given) { return ok(client.set_server_id(given.server_id)); });
  add_server_status(server, endpoint, exit_code);
}

}  // namespace magnetite::cli
