#include "magnetite/run_options.h"

#include <CLI/CLI.hpp>

#include "base/log_filter.h"
#include "settings/settings.h"

namespace magnetite {

// The variables without MAGNETITE_ are those that every program for AWS reads.
void add_store_options(CLI::App& run, RunOptions& options) {
  object_store::StoreOptions& store = options.store;
  run.add_option("--object-store", store.kind, "Where rules and files go: file, s3, memory or memorythrottled")
      ->envname("MAGNETITE_OBJECT_STORE")
      ->capture_default_str();
  run.add_option("--bucket", store.bucket, "Bucket of the object store s3")->envname("MAGNETITE_BUCKET");
  run.add_option("--aws-access-key-id", store.aws_access_key_id,
                 "Key of s3; without keys the role of the machine is used")
      ->envname("AWS_ACCESS_KEY_ID");
  run.add_option("--aws-secret-access-key", store.aws_secret_access_key,
                 "Secret of the key; others on this machine can read flags, not the environment")
      ->envname("AWS_SECRET_ACCESS_KEY");
  run.add_option("--aws-session-token", store.aws_session_token, "Token of temporary keys")
      ->envname("AWS_SESSION_TOKEN");
  run.add_option("--aws-default-region", store.aws_default_region, "Region of the bucket (us-east-1)")
      ->envname("AWS_DEFAULT_REGION");
  run.add_option("--aws-endpoint", store.aws_endpoint, "URL of another server than AWS, such as http://127.0.0.1:9000")
      ->envname("AWS_ENDPOINT");
  run.add_option(
         "--s3-addressing", store.s3_addressing,
         "Where the bucket's name goes: path (host/bucket), virtual (bucket.host), auto (path with an endpoint)")
      ->envname("MAGNETITE_S3_ADDRESSING")
      ->capture_default_str();
  run.add_option("--aws-ca-bundle", store.aws_ca_bundle, "File of certificates to trust instead of the system's")
      ->envname("AWS_CA_BUNDLE");
  run.add_option("--aws-metadata-endpoint", store.aws_metadata_endpoint, "URL of the instance metadata service")
      ->envname("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  run.add_option("--data-dir", options.data_dir, "Folder of store, log and scratch files")
      ->envname("MAGNETITE_DB_DIR")
      ->capture_default_str();
}

namespace {

void add_options(CLI::App& run, RunOptions& options) {
  run.add_option("--config", options.config, "TOML file; its keys are the names of these options, without dashes");
  run.add_option("--server-id", options.server_id, "Number of this server, not 0; may be set later through the API")
      ->envname("MAGNETITE_ID")
      ->check(CLI::Range(1u, UINT32_MAX));
  run.add_option("--api-bind", options.api_bind, "Address of HTTP and gRPC")
      ->envname("MAGNETITE_BIND_ADDR")
      ->capture_default_str();
  run.add_option("--grpc-bind", options.grpc_bind,
                 "Another such address, where programs expect gRPC and Arrow Flight; may be the same")
      ->envname("MAGNETITE_GRPC_BIND_ADDR")
      ->capture_default_str();
  CLI::Option* certificate = run.add_option("--tls-cert", options.tls_certificate,
                                            "Chain of certificates (PEM): every address speaks TLS only")
                                 ->envname("MAGNETITE_TLS_CERT");
  CLI::Option* key = run.add_option("--tls-key", options.tls_key, "Key of the certificate (PEM, without a password)")
                         ->envname("MAGNETITE_TLS_KEY");
  certificate->needs(key);
  key->needs(certificate);
  run.add_flag(
         "--with-auth,!--without-auth", options.with_auth,
         "Every request needs a token, or none does; by default where others than this machine reach the server or "
         "there is an admin token")
      ->envname("MAGNETITE_WITH_AUTH");
  run.add_option("--admin-token-file", options.admin_token_file,
                 "File whose first line is a token that may do everything")
      ->envname("MAGNETITE_ADMIN_TOKEN_FILE");
  run.add_option("--connections-max", options.connections_max, "Connections of all kinds together")
      ->check(CLI::Range(1u, 1'000'000u))
      ->capture_default_str();
  run.add_option("--idle-timeout", options.idle_timeout_seconds,
                 "Seconds for the first bytes of a connection, and between HTTP requests")
      ->check(CLI::Range(1u, 86'400u))
      ->capture_default_str();
  add_store_options(run, options);
  run.add_option("--wal-sync", options.wal_sync,
                 "When a write is acknowledged: commit (after fdatasync), interval=<n>ms|s, off")
      ->envname("MAGNETITE_WAL_SYNC")
      ->capture_default_str();
  run.add_flag("--skip-replay", options.skip_replay,
               "At this start, no log is read again: gives up what was not persisted")
      ->envname("MAGNETITE_SKIP_REPLAY");
  run.add_flag("--accept-log-loss", options.accept_log_loss,
               "At this start, goes on where a log has lost entries that are needed, or is another one")
      ->envname("MAGNETITE_ACCEPT_LOG_LOSS");
  run.add_flag("--create-databases-on-write,!--no-create-databases-on-write", options.create_databases_on_write,
               "Creates a database that a write names")
      ->envname("MAGNETITE_CREATE_DATABASES_ON_WRITE");
  run.add_option("--initial-serving-readiness-state", options.initial_serving_readiness_state,
                 "serving, or unavailable: writes and queries are refused until SetServingReadiness")
      ->envname("MAGNETITE_INITIAL_SERVING_READINESS_STATE")
      ->check(CLI::IsMember({"serving", "unavailable"}))
      ->capture_default_str();
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
  run.add_option("--log-bytes-max", options.log_bytes_max,
                 "Local log of a database whose rules say persist = false; writes above are refused")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(uint64_t{128} << 20, UINT64_MAX))
      ->capture_default_str();
  run.add_option("--query-memory-bytes-max", options.query_memory_bytes_max,
                 "Memory of queries (0: 40 % of the machine)")
      ->transform(CLI::AsSizeValue(false));
  run.add_option("--query-timeout", options.query_timeout_seconds, "Seconds a statement may run")
      ->capture_default_str();
  run.add_option("--num-worker-threads", options.query_threads, "Threads of queries (0: one per core)")
      ->envname("MAGNETITE_NUM_WORKER_THREADS");
  run.add_option("--sequencers", options.sequencers, "Sequencers of new databases (0: one per core, at most 8)");
  run.add_option("--deleted-databases-kept-hours", options.deleted_kept_hours,
                 "How long a deleted database can be restored, unless its deletion says otherwise")
      ->check(CLI::Range(uint64_t{0}, uint64_t{100} * 365 * 24))
      ->capture_default_str();
  run.add_option("--remote-template", options.remote_template,
                 "Address of other servers that are no remotes, such as http://node-{id}:8082")
      ->envname("MAGNETITE_REMOTE_TEMPLATE");
  run.add_option("--remote-ca-cert", options.remote_ca_certificates,
                 "File of certificates (PEM) to trust for remotes with https:// instead of the system's");
  run.add_option("--remote-token-file", options.remote_token_file, "File with the token to write to remotes with");
  const CLI::Validator log_filter(
      [](std::string& text) {
        const auto parsed = log::parse_filter(text);
        return parsed ? std::string() : parsed.error().message();
      },
      "");
  run.add_option("--log-filter", options.log_level,
                 "debug, info, warn or error; directives about modules, such as h2=info, are ignored")
      ->envname("LOG_FILTER")
      ->check(log_filter)
      ->capture_default_str();
  run.add_option("--log-format", options.log_format, "full (or pretty), logfmt or json")
      ->envname("LOG_FORMAT")
      ->check(CLI::IsMember({"full", "pretty", "logfmt", "json"}))
      ->capture_default_str();
  run.add_option("--log-destination", options.log_destination, "stdout or stderr")
      ->envname("LOG_DESTINATION")
      ->check(CLI::IsMember({"stdout", "stderr"}))
      ->capture_default_str();
  run.add_option("--slow-query-ms", options.slow_query_ms, "Logs statements that took at least so long (0: none)")
      ->capture_default_str();
  run.add_option("--drain-timeout", options.drain_timeout_seconds,
                 "Seconds that running requests have when the server is stopped")
      ->check(CLI::Range(0u, 3'600u))
      ->capture_default_str();
  run.add_flag("-v,--verbose", options.verbosity, "Logs info; twice: debug");
  name_variables(run);
}

}  // namespace

void add_run_command(CLI::App& app, RunOptions& options, bool& chosen) {
  CLI::App& run = *app.add_subcommand("run", "Runs the server");
  run.callback([&chosen] { chosen = true; });
  add_options(run, options);
}

CLI::App& add_config_command(CLI::App& app) {
  CLI::App& config = *app.add_subcommand("config", "Shows the settings of `magnetite run`");
  config.require_subcommand(1);
  CLI::App& show = *config.add_subcommand("show", "Shows each setting, its value, and where that comes from");
  static RunOptions ignored;
  add_options(show, ignored);
  for (CLI::Option* option : show.get_options()) option->capture_default_str();
  return show;
}

}  // namespace magnetite
