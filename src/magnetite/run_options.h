// Options of `magnetite run`: flags, and the environment variables that stand for them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/logging.h"
#include "object_store/config.h"

namespace CLI {
class App;
}

namespace magnetite {

struct RunOptions {
  std::string config;  // read before these are parsed
  std::optional<uint32_t> server_id;
  std::string api_bind = "127.0.0.1:8080";
  std::string grpc_bind = "127.0.0.1:8082";
  std::string tls_certificate;  // both or none
  std::string tls_key;
  std::optional<bool> with_auth;  // none: unless only this machine reaches the server, or with an admin token
  std::string admin_token_file;
  size_t connections_max = 10'000;
  uint64_t idle_timeout_seconds = 75;
  object_store::StoreOptions store;  // data_dir in it is not used
  std::string data_dir = "./data";
  std::string wal_sync = "commit";
  bool skip_replay = false;
  bool accept_log_loss = false;
  bool create_databases_on_write = true;
  std::string initial_serving_readiness_state = "serving";
  size_t columns_per_table_max = 1'000;
  size_t tables_per_database_max = 10'000;
  size_t databases_max = 1'000;
  uint64_t body_bytes_max = 64ull << 20;
  uint64_t memory_bytes_max = 0;
  uint64_t cache_bytes_max = 0;
  uint64_t open_chunk_bytes_max = 256ull << 20;
  uint64_t log_bytes_max = 10ull << 30;
  uint64_t query_memory_bytes_max = 0;
  uint64_t query_timeout_seconds = 300;
  size_t query_threads = 0;
  uint32_t sequencers = 0;
  std::string remote_template;
  std::string remote_ca_certificates;
  std::string remote_token_file;
  uint64_t deleted_kept_hours = 72;
  std::string log_level = "warn";
  std::string log_format = "full";
  std::string log_destination = "stdout";
  int verbosity = 0;
  uint64_t slow_query_ms = 10'000;
  uint64_t drain_timeout_seconds = 20;
};

// Those that say where the data is.
void add_store_options(CLI::App& command, RunOptions& options);

// Adds the `run` subcommand; `chosen` becomes true when it is used.
void add_run_command(CLI::App& app, RunOptions& options, bool& chosen);

// Adds `config show`, which takes the flags of `run`; returns it.
CLI::App& add_config_command(CLI::App& app);

}  // namespace magnetite
