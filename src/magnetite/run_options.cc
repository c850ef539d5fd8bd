#include "magnetite/run_options.h"

#include <CLI/CLI.hpp>

namespace magnetite {

void add_run_command(CLI::App& app, RunOptions& options, bool& chosen) {
  CLI::App& run = *app.add_subcommand("run", "Runs the server");
  run.callback([&chosen] { chosen = true; });
  run.add_option("--server-id", options.server_id, "Number of this server, not 0; may be set later through the API")
      ->envname("MAGNETITE_ID")
      ->check(CLI::Range(1u, UINT32_MAX));
  run.add_option("--api-bind", options.api_bind, "Address of HTTP")
      ->envname("MAGNETITE_BIND_ADDR")
      ->capture_default_str();
  run.add_option("--grpc-bind", options.grpc_bind, "Address of gRPC and Arrow Flight")
      ->envname("MAGNETITE_GRPC_BIND_ADDR")
      ->capture_default_str();
  run.add_option("--object-store", options.object_store, "Where rules and files go")
      ->envname("MAGNETITE_OBJECT_STORE")
      ->check(CLI::IsMember({"memory", "file"}, CLI::ignore_case))
      ->capture_default_str();
  run.add_option("--data-dir", options.data_dir, "Folder of store, log and scratch files")
      ->envname("MAGNETITE_DB_DIR")
      ->capture_default_str();
  run.add_option("--wal-sync", options.wal_sync,
                 "When a write is acknowledged: commit (after fdatasync), interval=<n>ms|s, off")
      ->envname("MAGNETITE_WAL_SYNC")
      ->capture_default_str();
  run.add_flag("--create-databases-on-write,!--no-create-databases-on-write", options.create_databases_on_write,
               "Creates a database that a write names")
      ->envname("MAGNETITE_CREATE_DATABASES_ON_WRITE");
  run.add_option("--columns-per-table-max", options.columns_per_table_max, "Limit of columns of a table")
      ->capture_default_str();
  run.add_option("--tables-per-database-max", options.tables_per_database_max, "Limit of tables of a database")
      ->capture_default_str();
  run.add_option("--databases-max", options.databases_max, "Limit of databases")->capture_default_str();
  run.add_option("--max-http-request-size", options.body_bytes_max, "Largest body of a write, decompressed")
      ->envname("MAGNETITE_MAX_HTTP_REQUEST_SIZE")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  run.add_option("--memory-bytes-max", options.memory_bytes_max,
                 "Memory for data; writes above are refused (0: 70 % of the machine)")
      ->transform(CLI::AsSizeValue(false));
  run.add_option("--cache-bytes-max", options.cache_bytes_max, "Memory for decoded columns (0: 25 % of the machine)")
      ->transform(CLI::AsSizeValue(false));
  run.add_option("--open-chunk-bytes-max", options.open_chunk_bytes_max, "An open chunk above this is compacted")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  run.add_option("--query-memory-bytes-max", options.query_memory_bytes_max,
                 "Memory of queries (0: 40 % of the machine)")
      ->transform(CLI::AsSizeValue(false));
  run.add_option("--query-timeout", options.query_timeout_seconds, "Seconds a statement may run")
      ->capture_default_str();
  run.add_option("--num-worker-threads", options.query_threads, "Threads of queries (0: one per core)")
      ->envname("MAGNETITE_NUM_WORKER_THREADS");
  run.add_option("--sequencers", options.sequencers, "Sequencers of new databases (0: one per core, at most 8)");
  run.add_option("--log-filter", options.log_level, "debug, info, warn or error")
      ->envname("LOG_FILTER")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  run.add_option("--log-format", options.log_format, "full, logfmt or json")
      ->envname("LOG_FORMAT")
      ->check(CLI::IsMember({"full", "logfmt", "json"}))
      ->capture_default_str();
  run.add_option("--log-destination", options.log_destination, "stdout or stderr")
      ->envname("LOG_DESTINATION")
      ->check(CLI::IsMember({"stdout", "stderr"}))
      ->capture_default_str();
  run.add_flag("-v,--verbose", options.verbosity, "Logs info; twice: debug");
}

}  // namespace magnetite
