// What a hundred thousand files cost before anyone reads one: committing them, writing and loading the catalog,
// starting a server with them, and planning a query over a table of many chunks. The files themselves are not there.
//
//   catalog_bench --folder /somewhere/on/the/disk
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "catalog/catalog.h"
#include "catalog/layout.h"
#include "model/database_rules.h"
#include "need.h"
#include "object_store/open_store.h"
#include "query/scan.h"
#include "server/server.h"

namespace {

namespace fs = std::filesystem;
using namespace magnetite;
using bench::need;

struct Options {
  std::string folder = ".";
  uint64_t files = 100'000;
  uint64_t tables = 10;
  uint64_t partitions = 100;  // of a table
};

constexpr const char* kDatabase = "bench";
constexpr uint64_t kFilesPerCommit = 5'000;
constexpr int64_t kFileNanos = 1'000'000'000;  // each file has a second of its own

template <class Work>
double seconds(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

uint64_t resident_mib() {
  std::ifstream statm("/proc/self/statm");
  uint64_t size = 0;
  uint64_t resident = 0;
  statm >> size >> resident;
  return resident * 4096 >> 20;
}

std::string table_name(uint64_t table) { return fmt::format("table{}", table); }

catalog::AddFile file(const Options& options, uint64_t number) {
  const std::string table = table_name(number % options.tables);
  const uint64_t in_table = number / options.tables;
  const std::string key =
      fmt::format("2026-01-{:02}-{}", 1 + in_table % options.partitions % 28, in_table % options.partitions);
  catalog::AddFile add{table, key, {}};
  add.file.chunk = {static_cast<uint32_t>(in_table / options.partitions)};
  add.file.order = {in_table / options.partitions};
  add.file.path = catalog::new_file_path(table, key, add.file.chunk);
  add.file.row_count = 2'000'000;  // large: nobody wants to merge them
  add.file.size_bytes = 20'000'000;
  const auto first = static_cast<int64_t>(number) * kFileNanos;
  add.file.times = {first, first + kFileNanos - 1};
  add.file.checksum = number + 1;
  return add;
}

void fill(const Options& options, catalog::Catalog& catalog) {
  catalog::Transaction schemas;
  for (uint64_t table = 0; table < options.tables; ++table) {
    schemas.actions.emplace_back(catalog::AddColumns{
        table_name(table), {{{1}, "host", model::ColumnType::kTag}, {{2}, "usage", model::ColumnType::kFloat}}});
    schemas.actions.emplace_back(catalog::SetSortKey{table_name(table), {{1}}});
  }
  need(catalog.commit(schemas), "commit");
  for (uint64_t first = 0; first < options.files; first += kFilesPerCommit) {
    catalog::Transaction files;
    for (uint64_t i = first; i < std::min(options.files, first + kFilesPerCommit); ++i)
      files.actions.emplace_back(file(options, i));
    need(catalog.commit(files), "commit");
  }
}

void plan(const query::TableSource& database, const std::string& table) {
  constexpr int kRounds = 200;
  const model::TimeRange range{-10, -1};  // before all of them
  query::ScanCounters counters;
  const double total = seconds([&] {
    for (int i = 0; i < kRounds; ++i) {
      query::ScanRequest request;
      request.table = need(database.snapshot(table), "snapshot");
      request.predicate.time = range;
      need(query::open_stored(request.table, range), "open");
      counters = query::plan_scan(std::move(request), std::make_shared<query::ScanControl>())->counters();
    }
  });
  fmt::print("plan a query over {} chunks, all pruned by time: {:.3f} ms\n", counters.chunks_total,
             total / kRounds * 1e3);
}

std::unique_ptr<server::Server> start(Executor& executor, Disk& disk, object_store::ObjectStore& store,
                                      const Options& options) {
  server::ServerOptions how;
  how.server_id = model::ServerId{1};
  how.log_folder = options.folder + "/catalog_bench/log";
  auto server = need(server::Server::make(executor, disk, store, std::move(how)), "server");
  server->start();
  while (server->status().state != server::ServerState::kReady) executor.pause(std::chrono::milliseconds(1));
  return server;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Costs of many files");
  app.add_option("--folder", options.folder, "where to work")->capture_default_str();
  app.add_option("--files", options.files)->capture_default_str();
  app.add_option("--tables", options.tables)->capture_default_str();
  app.add_option("--partitions", options.partitions, "of a table")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const std::string folder = options.folder + "/catalog_bench";
  fs::remove_all(folder);
  const std::unique_ptr<Executor> executor = make_thread_executor();
  const std::unique_ptr<Disk> disk = make_posix_disk();
  object_store::StoreOptions store_options;
  store_options.kind = "file";
  store_options.data_dir = folder;
  const auto settings = need(object_store::store_settings(store_options), "store");
  const auto store = object_store::open_store(settings, *executor, *disk);
  need(store->check(), "check the store");

  model::Uuid uuid;
  {
    const auto server = start(*executor, *disk, *store, options);
    need(server->create_database(model::default_rules(kDatabase)), "create");
    uuid = need(server->rules(kDatabase), "rules").uuid;
    server->stop();
  }
  const catalog::CatalogPlace place{*store, *executor, object_store::ObjectPath({"1", kDatabase, uuid.text()}), uuid};
  {
    const auto catalog = need(catalog::Catalog::open(place), "open");
    fmt::print("commit {} files, {} a transaction: {:.2f} s\n", options.files, kFilesPerCommit,
               seconds([&] { fill(options, *catalog); }));
    fmt::print("write a checkpoint: {:.3f} s\n", seconds([&] { need(catalog->write_checkpoint(), "checkpoint"); }));
  }
  const uint64_t before = resident_mib();
  {
    std::unique_ptr<catalog::Catalog> catalog;
    fmt::print("load the catalog: {:.3f} s\n", seconds([&] { catalog = need(catalog::Catalog::open(place), "open"); }));
    fmt::print("its memory: {} MiB\n", resident_mib() - before);
  }
  std::unique_ptr<server::Server> server;
  fmt::print("start of a server until it is ready: {:.3f} s (must 2 s, aim 0.5 s with 100,000 files)\n",
             seconds([&] { server = start(*executor, *disk, *store, options); }));
  fmt::print("and until a write is accepted: {:.3f} s more\n", seconds([&] {
               database::WriteInput input;
               input.body = "table0,host=a usage=1 1";
               need(server->write(kDatabase, std::move(input)), "write");
             }));
  for (uint64_t table = 0; table < std::min<uint64_t>(options.tables, 1); ++table)
    plan(*need(server->database(kDatabase), "database"), table_name(table));
  server->stop();
  fs::remove_all(folder);
  return 0;
}
