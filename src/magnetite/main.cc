// Wiring and ordered stop; everything else lives in its module.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <thread>

#include "base/disk.h"
#include "base/executor.h"
#include "base/log_filter.h"
#include "base/logging.h"
#include "cli/cli.h"
#include "http/http_server.h"
#include "magnetite/access_control.h"
#include "magnetite/catalog_command.h"
#include "magnetite/run_options.h"
#include "magnetite/service_reporter.h"
#include "metrics/call_metrics.h"
#include "net/listener.h"
#include "object_store/open_store.h"
#include "process/service_manager.h"
#include "process/stop_signals.h"
#include "process/version.h"
#include "query/sql/engine.h"
#include "query/sql/statement_log.h"
#include "rpc/remote_client.h"
#include "rpc/rpc_server.h"
#include "server/server.h"
#include "settings/settings.h"

namespace magnetite {
namespace {

Result<std::string> read_text_file(std::string_view option, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file || text.empty()) return fail(ErrorCode::kInvalidInput, fmt::format("{}: cannot read {}", option, path));
  return text;
}

void configure_log(const RunOptions& options) {
  log::Options how;
  const log::Filter filter = log::parse_filter(options.log_level).value_or(log::Filter{});  // it was checked
  how.level = options.verbosity >= 2 ? log::Level::kDebug : options.verbosity == 1 ? log::Level::kInfo : filter.level;
  how.format = options.log_format == "json"     ? log::Format::kJson
               : options.log_format == "logfmt" ? log::Format::kLogfmt
                                                : log::Format::kFull;
  how.to_stderr = options.log_destination == "stderr";
  log::configure(how);
  if (!filter.ignored.empty())
    log::warn("directives about modules in the log filter mean nothing here",
              {{"ignored", fmt::format("{}", fmt::join(filter.ignored, ","))}});
}

server::ServerOptions server_options(const RunOptions& options, write_buffer::SyncMode sync) {
  server::ServerOptions server;
  if (options.server_id) server.server_id = model::ServerId{*options.server_id};
  server.log_folder = options.data_dir + "/log";
  server.data_folder = options.data_dir;
  server.wal_sync = sync;
  server.skip_replay = options.skip_replay;
  server.accept_log_loss = options.accept_log_loss;
  server.sequencer_count = options.sequencers;
  server.create_databases_on_write = options.create_databases_on_write;
  server.serving = options.initial_serving_readiness_state == "serving";
  server.limits.columns_per_table_max = options.columns_per_table_max;
  server.limits.tables_per_database_max = options.tables_per_database_max;
  server.databases_max = options.databases_max;
  server.cache_bytes_max = options.cache_bytes_max;
  server.memory_bytes_max = options.memory_bytes_max;
  server.open_chunk_bytes_max = options.open_chunk_bytes_max;
  server.log_bytes_max = options.log_bytes_max;
  server.deleted_kept = std::chrono::hours(options.deleted_kept_hours);
  server.remote_template = options.remote_template;
  return server;
}

Result<std::unique_ptr<server::RemoteWriter>> remote_writer(const RunOptions& options) {
  rpc::RemoteClientOptions remote;
  if (!options.remote_ca_certificates.empty()) {
    MAGNETITE_TRY(remote.roots, read_text_file("--remote-ca-cert", options.remote_ca_certificates));
  }
  if (!options.remote_token_file.empty()) {
    MAGNETITE_TRY(remote.token, read_text_file("--remote-token-file", options.remote_token_file));
    remote.token.erase(std::min(remote.token.find_first_of("\r\n"), remote.token.size()));
  }
  return rpc::make_remote_writer(std::move(remote));
}

Result<object_store::StoreSettings> store_settings(const RunOptions& options) {
  object_store::StoreOptions store = options.store;
  store.data_dir = options.data_dir;
  return object_store::store_settings(store);
}

net::ListenerOptions listener_options(const RunOptions& options) {
  net::ListenerOptions listener;
  listener.binds = {{options.api_bind, "--api-bind"}, {options.grpc_bind, "--grpc-bind"}};
  listener.connections_max = options.connections_max;
  listener.idle_timeout = std::chrono::seconds(options.idle_timeout_seconds);
  // TLS is worked on there; all else is quick.
  constexpr size_t kTlsThreadsMax = 4;
  if (!options.tls_certificate.empty())
    listener.io_threads = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kTlsThreadsMax);
  return listener;
}

// Spill files of an earlier run mean nothing.
Result<> empty_scratch(Disk& disk, const std::string& folder) {
  MAGNETITE_RETURN_IF_ERROR(disk.create_directories(folder));
  MAGNETITE_TRY(const std::vector<DirectoryEntry> entries, disk.list(folder));
  for (const DirectoryEntry& entry : entries) static_cast<void>(disk.remove(folder + "/" + entry.name));
  return {};
}

Result<> run(const RunOptions& options) {
  process::StopSignals signals;  // before threads start
  const process::ServiceManager manager = process::ServiceManager::from_environment();

  MAGNETITE_TRY(const write_buffer::SyncMode sync, write_buffer::SyncMode::parse(options.wal_sync));
  const std::unique_ptr<Executor> executor = make_thread_executor();
  const std::unique_ptr<Disk> disk = make_posix_disk();
  std::unique_ptr<net::Tls> tls;
  if (!options.tls_certificate.empty()) {
    const net::TlsFiles files{options.tls_certificate, options.tls_key};
    MAGNETITE_TRY(tls, net::Tls::load(*disk, executor->clock(), files));
  }
  MAGNETITE_TRY(const object_store::StoreSettings settings, store_settings(options));
  const std::unique_ptr<object_store::ObjectStore> store = object_store::open_store(settings, *executor, *disk);
  MAGNETITE_RETURN_IF_ERROR(disk->create_directories(options.data_dir));
  MAGNETITE_TRY(const std::unique_ptr<FolderLock> folder_lock, disk->lock_folder(options.data_dir));
  MAGNETITE_RETURN_IF_ERROR(store->check());  // before anything listens
  if (object_store::is_volatile(settings))
    log::warn("the object store keeps nothing when this process ends", {{"store", store->description()}});
  MAGNETITE_TRY(const std::unique_ptr<AccessControl> access, AccessControl::open(options, *executor, *disk));
  const std::string scratch = options.data_dir + "/scratch";
  MAGNETITE_RETURN_IF_ERROR(empty_scratch(*disk, scratch));

  MAGNETITE_TRY(std::unique_ptr<server::RemoteWriter> remotes, remote_writer(options));
  MAGNETITE_TRY(const std::unique_ptr<server::Server> server,
                server::Server::make(*executor, *disk, *store, server_options(options, sync), std::move(remotes)));
  query::sql::EngineOptions sql;
  sql.memory_bytes_max = options.query_memory_bytes_max;
  sql.spill_folder = scratch;
  sql.threads = options.query_threads;
  sql.timeout = std::chrono::seconds(options.query_timeout_seconds);
  MAGNETITE_TRY(const std::unique_ptr<query::sql::Engine> engine, query::sql::Engine::make(*executor, *server, sql));
  query::sql::StatementLog statements(*engine, executor->clock(), std::chrono::milliseconds(options.slow_query_ms));

  http::HttpOptions http_options;
  http_options.body_bytes_max = options.body_bytes_max;
  http_options.idle_timeout = std::chrono::seconds(options.idle_timeout_seconds);
  http_options.calls = std::make_shared<metrics::CallMetrics>();
  const std::unique_ptr<http::HttpServer> http =
      http::HttpServer::make(*executor, *server, statements, access->gatekeeper(), http_options);
  MAGNETITE_TRY(const std::unique_ptr<rpc::RpcServer> rpc,
                rpc::RpcServer::start(*executor, *server, statements, access->gatekeeper(),
                                      {.scratch_folder = scratch, .calls = http_options.calls}));
  MAGNETITE_TRY(const std::unique_ptr<net::Listener> listener,
                net::Listener::start(*executor, listener_options(options), tls.get(), *http, *rpc));
  server->start();
  access->announce();
  for (const std::string& address : listener->addresses())
    fmt::print("magnetite listens on {}://{} (HTTP, gRPC, Arrow Flight)\n", tls == nullptr ? "http" : "https", address);
  std::fflush(stdout);

  const std::string self = fmt::format("{}://{}", tls == nullptr ? "http" : "https", listener->addresses().front());
  ServiceReporter reporter(*executor, manager, *server, self);

  const int received = signals.wait(
      [] { log::info("SIGHUP changes nothing: new certificates are noticed, other settings need a restart"); });
  log::info("stopping", {{"signal", std::to_string(received)}});
  const process::StopSignals::Impatience impatience(*executor, signals);
  const std::chrono::seconds drain(options.drain_timeout_seconds);
  const MonoTime deadline = executor->clock().mono_now() + drain;
  reporter.begin_stop(drain);
  listener->stop_accepting();
  http->stop(drain);
  const auto left = std::chrono::ceil<std::chrono::seconds>(deadline - executor->clock().mono_now());
  rpc->stop(std::max(left, std::chrono::seconds(0)));
  listener->stop();
  server->stop();
  return {};
}

}  // namespace
}  // namespace magnetite

int main(int argc, char** argv) {
  CLI::App app("Magnetite, a time-series database: line protocol in, Parquet at rest, SQL and Arrow Flight out");
  app.require_subcommand(1);
  app.set_version_flag("--version", "magnetite " + std::string(magnetite::process::version()));
  magnetite::RunOptions options;
  bool run_chosen = false;
  int exit_code = 0;
  magnetite::add_run_command(app, options, run_chosen);
  magnetite::cli::add_client_commands(app, exit_code);
  magnetite::add_catalog_command(app, exit_code);
  const CLI::App& run_command = *app.get_subcommand("run");
  const CLI::App& shown = magnetite::add_config_command(app);
  const auto settings = magnetite::Settings::gather(run_command, argc, argv);
  if (!settings) {
    fmt::print(stderr, "magnetite: {}\n", settings.error().message());
    return 1;
  }
  if (const std::optional<int> ended = magnetite::cli::parse(app, argc, argv)) return *ended;
  const CLI::App& configured = shown.parsed() ? shown : run_command;
  if (auto valid = settings->check(configured); configured.parsed() && !valid) {
    fmt::print(stderr, "magnetite: {}\n", valid.error().message());
    return 1;
  }
  if (shown.parsed()) fmt::print("{}", settings->describe(shown, argc, argv));
  if (!run_chosen) return exit_code;
  magnetite::configure_log(options);
  if (auto ran = magnetite::run(options); !ran) {
    fmt::print(stderr, "magnetite: {}\n", ran.error().message());
    return 1;
  }
  return 0;
}
