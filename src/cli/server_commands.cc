#include "cli/server_commands.h"

#include <fmt/format.h>
#include <google/longrunning/operations.pb.h>
#include <influxdata/iox/management/v1/service.pb.h>

#include <CLI/CLI.hpp>

#include "cli/admin_json.h"
#include "cli/answer_json.h"
#include "cli/command.h"
#include "cli/follow_operation.h"
#include "cli/job_output.h"
#include "cli/operation_calls.h"
#include "cli/server_calls.h"
#include "cli/server_status.h"
#include "cli/wait_initialized.h"

namespace magnetite::cli {
namespace {

struct OperationArguments {
  std::string id;
  std::optional<uint64_t> wait_nanos;
  std::vector<uint64_t> naps;
};

struct ServerArguments {
  uint32_t id = 0;
  std::string connection;
  uint32_t wait_seconds = 10;
};

Result<Output> ok_if(Result<> done) {
  MAGNETITE_RETURN_IF_ERROR(std::move(done));
  return ok();
}

Result<Output> nothing_if(Result<> done) {
  MAGNETITE_RETURN_IF_ERROR(std::move(done));
  return Output{.text = "", .json = "null"};
}

void add_remote_commands(CLI::App& server, const Stage& stage, const std::shared_ptr<ServerArguments>& given) {
  CLI::App& remote = add_group(server, "remote", "Shows and sets where other servers are");
  run_as(add_command(remote, "list", "Lists the servers that this one knows", {"magnetite server remote list"}), stage,
         [](const Client& client) -> Result<Output> {
           MAGNETITE_TRY(const auto remotes, list_remotes(client));
           return Output{.text = remotes_text(remotes), .json = remotes_json(remotes)};
         });
  CLI::App& set =
      add_command(remote, "set", "Says where a server is", {"magnetite server remote set 7 http://192.0.2.7:8082"});
  set.add_option("id", given->id, "Id of that server")->required();
  set.add_option("connection", given->connection, "Its address")->required();
  run_as(set, stage,
         [given](const Client& client) { return nothing_if(set_remote(client, given->id, given->connection)); });
  CLI::App& remove = add_command(remote, "remove", "Forgets a server", {"magnetite server remote remove 7"});
  remove.add_option("id", given->id, "Id of that server")->required();
  run_as(remove, stage, [given](const Client& client) { return nothing_if(remove_remote(client, given->id)); });
}

}  // namespace

void add_operation_commands(CLI::App& app, const Stage& stage) {
  const auto given = std::make_shared<OperationArguments>();
  CLI::App& operation = add_group(app, "operation", "Shows, awaits and cancels background jobs");
  const auto of_one = [&](const char* name, const char* what) -> CLI::App& {
    CLI::App& command = add_command(operation, name, what, {fmt::format("magnetite operation {} 1", name).c_str()});
    command.add_option("id", given->id, "Number of the job")->required();
    return command;
  };
  run_as(
      add_command(operation, "list", "Lists the jobs that run and those that ended last", {"magnetite operation list"}),
      stage, [](const Client& client) -> Result<Output> {
        MAGNETITE_TRY(const auto operations, list_operations(client));
        return json_output(operations_json(operations));
      });
  run_as(of_one("get", "Shows a job"), stage, [given](const Client& client) -> Result<Output> {
    MAGNETITE_TRY(const auto found, get_operation(client, given->id));
    return json_output(operation_json(found));
  });
  CLI::App& wait = of_one("wait", "Waits until a job has ended, then shows it; Ctrl-C ends the wait, not the job");
  wait.add_option("nanos", given->wait_nanos, "At most so many nanoseconds");
  run_as(wait, stage,
         [given, globals = stage.globals](const Client& client, const Interrupts& interrupts) -> Result<Output> {
           MAGNETITE_TRY(const auto found, follow_operation(client, given->id, given->wait_nanos, interrupts,
                                                            globals->progress_elsewhere()));
           Output output = job_output(found);
           output.text = output.json;
           return output;
         });
  run_as(of_one("cancel", "Asks a job to end early"), stage,
         [given](const Client& client) { return ok_if(cancel_operation(client, given->id)); });
  CLI::App& test =
      add_command(operation, "test", "Starts a job that only sleeps", {"magnetite operation test 1000000"});
  test.add_option("nanos", given->naps, "Its naps, in nanoseconds")->required();
  run_as(test, stage, [given](const Client& client) -> Result<Output> {
    MAGNETITE_TRY(const auto started, start_dummy_job(client, given->naps));
    return json_output(operation_json(started));
  });
}

void add_server_commands(CLI::App& app, const Stage& stage) {
  const auto given = std::make_shared<ServerArguments>();
  CLI::App& server = add_group(app, "server", "Shows and sets what a server knows of itself and of others");
  run_as(add_command(server, "get", "Shows the server's id", {"magnetite server get"}), stage,
         [](const Client& client) -> Result<Output> {
           MAGNETITE_TRY(const uint32_t id, server_id(client));
           return json_output(std::to_string(id));
         });
  CLI::App& set =
      add_command(server, "set", "Gives a server that was started without one its id", {"magnetite server set 1"});
  set.add_option("id", given->id, "Above zero; for ever")->required();
  run_as(set, stage, [given](const Client& client) { return ok_if(set_server_id(client, given->id)); });
  run_as(add_command(server, "status", "Shows what the server and its databases do", {"magnetite server status"}),
         stage, [](const Client& client) -> Result<Output> {
           MAGNETITE_TRY(const management::ServerStatus status, server_status(client));
           return Output{.text = status_text(status), .json = status_json(status)};
         });
  run_as(add_command(server, "health", "Says whether a server answers, whatever its databases do; needs no token",
                     {"magnetite server health"}),
         stage, [](const Client& client) { return ok_if(check_health(client)); });
  CLI::App& wait = add_command(server, "wait-server-initialized", "Waits until the databases are loaded",
                               {"magnetite server wait-server-initialized -t 60"});
  wait.add_option("-t,--timeout", given->wait_seconds, "At most so many seconds")->capture_default_str();
  run_as(wait, stage, [given, globals = stage.globals](const Client& client) -> Result<Output> {
    MAGNETITE_RETURN_IF_ERROR(
        wait_initialized(client, std::chrono::seconds(given->wait_seconds), globals->progress_elsewhere()));
    return Output{.text = "Server initialized.", .json = R"("Server initialized.")"};
  });
  add_remote_commands(server, stage, given);
}

}  // namespace magnetite::cli
