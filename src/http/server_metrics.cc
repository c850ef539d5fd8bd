#include <map>

#include "http/metrics.h"
#include "metrics/families.h"
#include "server/server.h"

namespace magnetite::http {
namespace {

using metrics::Families;
using metrics::Family;
using metrics::Labels;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

Labels with(const Labels& labels, std::string name, std::string_view value) {
  Labels more = labels;
  more.emplace_back(std::move(name), value);
  return more;
}

// Of databases that read a log, by sequencer.
class IngestFamilies {
 public:
  explicit IngestFamilies(Families& into)
      : errors_(into.counter("ingest_errors_total", "Failures while reading a write buffer")),
        requests_(into.counter("write_buffer_ingest_requests_total", "Entries read from a write buffer")),
        seconds_(into.counter("write_buffer_ingest_request_duration_seconds_total",
                              "Time from an entry's arrival until it was applied")),
        bytes_(into.counter("write_buffer_read_bytes_total", "Line protocol read from a write buffer")),
        last_(into.gauge("write_buffer_last_sequence_number", "Number of the last entry applied")),
        lag_(into.gauge("write_buffer_sequence_number_lag", "Numbers that are not yet applied, about")),
        min_time_(into.gauge("write_buffer_last_min_ts", "First time in the last entry, in nanoseconds")),
        max_time_(into.gauge("write_buffer_last_max_ts", "Last time in the last entry, in nanoseconds")),
        time_(into.gauge("write_buffer_last_ingest_ts", "When the last entry was applied, in nanoseconds")) {}

  void add(const server::DatabaseStatus& database) {
    uint64_t errors = 0;
    bool reads = false;
    for (const database::SequencerStatus& each : database.sequencers) {
      if (!each.ingest) continue;
      reads = true;
      errors += each.ingest->records_failed + each.ingest->read_failures;
      add(database.name, *each.ingest);
    }
    if (reads) errors_.add({{"db_name", database.name}}, errors);
  }

 private:
  void add(const std::string& database, const database::IngestStatus& status) {
    const Labels labels = {{"db_name", database}, {"sequencer_id", std::to_string(status.sequencer.value)}};
    requests_.add(with(labels, "status", "ok"), status.records_applied);
    requests_.add(with(labels, "status", "client_error"), status.records_failed);
    requests_.add(with(labels, "status", "server_error"), status.read_failures);
    seconds_.add(labels, seconds(status.busy));
    bytes_.add(labels, status.bytes);
    if (status.last) last_.add(labels, status.last->value);
    if (const auto lag = status.lag()) lag_.add(labels, *lag);
    if (status.last_ingest == WallTime{}) return;
    time_.add(labels, static_cast<double>(status.last_ingest.nanos));
    if (status.last_times.empty()) return;
    min_time_.add(labels, static_cast<double>(status.last_times.min));
    max_time_.add(labels, static_cast<double>(status.last_times.max));
  }

  Family errors_, requests_, seconds_, bytes_, last_, lag_, min_time_, max_time_, time_;
};

// What writes and queries of a database have done since the start.
class TrafficFamilies {
 public:
  explicit TrafficFamilies(Families& into)
      : points_(into.counter("ingest_points_total", "Lines of writes")),
        fields_(into.counter("ingest_fields_total", "Field values stored")),
        bytes_(into.counter("ingest_points_bytes_total", "Bytes of write bodies, decompressed")),
        entries_(into.counter("ingest_entries_bytes_total", "Bytes given to the log")),
        pruned_chunks_(into.counter("query_access_pruned_chunks_total", "Chunks that queries did not have to read")),
        pruned_rows_(into.counter("query_access_pruned_rows_total", "Rows that queries did not have to read")) {}

  void add(const Labels& database, const server::Counters& counters) {
    const Labels ok = with(database, "status", "ok"), error = with(database, "status", "error");
    points_.add(ok, counters.lines_accepted);
    points_.add(error, counters.lines_rejected);
    fields_.add(ok, counters.fields_accepted);
    bytes_.add(ok, counters.body_bytes);
    bytes_.add(error, counters.body_bytes_failed);
    entries_.add(ok, counters.entry_bytes);
    entries_.add(error, counters.entry_bytes_failed);
    pruned_chunks_.add(database, counters.chunks_pruned);
    pruned_rows_.add(database, counters.rows_pruned);
  }

 private:
  Family points_, fields_, bytes_, entries_, pruned_chunks_, pruned_rows_;
};

class ChunkFamilies {
 public:
  explicit ChunkFamilies(Families& into)
      : events_(into.counter("catalog_chunks_total", "Chunks that came into a state")),
        sizes_(into.histogram("catalog_chunk_creation_size_bytes", "Sizes of chunks when they came into a state")),
        memory_(into.gauge("catalog_chunks_mem_usage_bytes", "Memory of chunks, without dictionaries and caches")),
        chunks_(into.gauge("magnetite_chunks", "Chunks with rows")),
        rows_(into.gauge("magnetite_chunk_rows", "Rows in chunks, duplicates between them included")),
        stored_(into.gauge("magnetite_stored_bytes", "Size of a database's files in the object store")) {}

  void add(const Labels& database, const database::ChunkEventCounts& events) {
    for (size_t i = 0; i < events.size(); ++i) {
      const auto event = static_cast<database::ChunkEvent>(i);
      const Labels labels = with(database, "state", to_string(event));
      events_.add(labels, events[i].count);
      // An open chunk comes empty. A histogram is many series: none for what never happened.
      if (event == database::ChunkEvent::kOpen || events[i].count == 0) continue;
      sizes_.add_histogram(labels, database::kChunkBytesBounds, events[i].by_size,
                           static_cast<double>(events[i].bytes));
    }
  }

  void add(const Labels& database, const database::ChunkTally& tally) {
    uint64_t stored = 0;
    std::map<std::string_view, uint64_t> memory;
    for (size_t i = 0; i < tally.size(); ++i) {
      const auto storage = static_cast<query::ChunkStorage>(i);
      const Labels labels = with(database, "storage", to_string(storage));
      chunks_.add(labels, tally[i].chunks);
      rows_.add(labels, tally[i].rows);
      stored += tally[i].stored_bytes;
      memory[source_of(storage)] += tally[i].memory_bytes;
    }
    for (const auto& [source, bytes] : memory) memory_.add(with(database, "source", source), bytes);
    stored_.add(database, stored);
  }

 private:
  static std::string_view source_of(query::ChunkStorage storage) {
    switch (storage) {
      case query::ChunkStorage::kOpenMutableBuffer:
      case query::ChunkStorage::kClosedMutableBuffer:
        return "mutable_buffer";
      case query::ChunkStorage::kReadBuffer:
      case query::ChunkStorage::kReadBufferAndObjectStore:
        return "read_buffer";
      case query::ChunkStorage::kObjectStoreOnly:
        return "parquet";
    }
    return "unknown";
  }

  Family events_, sizes_, memory_, chunks_, rows_, stored_;
};

// A database as a whole, and its log.
class DatabaseFamilies {
 public:
  explicit DatabaseFamilies(Families& into)
      : memory_(into.gauge("magnetite_database_memory_bytes", "Memory held by a database's chunks")),
        log_bytes_(into.gauge("magnetite_log_bytes", "Size of a database's local log")),
        replayed_(into.gauge("magnetite_replay_records", "Log records read again since the start")),
        to_replay_(into.gauge("magnetite_replay_records_total", "Log records to read again, about")),
        replay_left_(into.gauge("magnetite_replay_seconds_left", "Until replay ends, about")),
        accepting_(into.gauge("magnetite_log_accepting", "1 while the local log takes writes")) {}

  void add(const Labels& labels, const server::DatabaseStatus& status) {
    memory_.add(labels, status.memory_bytes);
    log_bytes_.add(labels, status.log_bytes);
    replayed_.add(labels, status.replayed_records);
    to_replay_.add(labels, status.replay_records_total);
    if (status.replay_left) replay_left_.add(labels, seconds(*status.replay_left));
    accepting_.add(labels, status.log_problem.empty() ? 1.0 : 0.0);
  }

 private:
  Family memory_, log_bytes_, replayed_, to_replay_, replay_left_, accepting_;
};

void collect_use(const server::ServerStatus& status, Families& into) {
  const server::ServerUse& use = status.use;
  into.gauge("magnetite_uptime_seconds", "Since the start").add({}, seconds(use.uptime));
  into.gauge("magnetite_memory_bytes", "Memory of all chunks").add({}, use.memory_bytes);
  into.gauge("magnetite_memory_limit_bytes", "Writes above are refused").add({}, use.memory_bytes_max);
  into.gauge("magnetite_cache_bytes", "Decoded columns in memory").add({}, use.cache_bytes);
  into.gauge("magnetite_cache_limit_bytes", "Decoded columns above are dropped").add({}, use.cache_bytes_max);
  Family jobs = into.gauge("magnetite_jobs", "Background jobs that have not ended");
  jobs.add({{"state", "running"}}, uint64_t{use.jobs.running});
  jobs.add({{"state", "waiting"}}, uint64_t{use.jobs.waiting});
  Family disk = into.gauge("magnetite_data_disk_bytes", "The file system of the data folder");
  if (use.disk) {
    disk.add({{"stat", "total"}}, use.disk->total_bytes);
    disk.add({{"stat", "available"}}, use.disk->available_bytes);
  }
  std::map<std::string_view, uint64_t> states = {{"failed", 0}};
  for (const server::DatabaseStatus& each : status.databases)
    ++states[each.error.empty() ? to_string(each.state) : "failed"];
  Family databases = into.gauge("magnetite_databases", "Databases by state; failed: with an error");
  for (const auto& [state, count] : states) databases.add({{"state", std::string(state)}}, count);
}

}  // namespace

void collect_server(const server::Server& server, Families& into) {
  const server::ServerStatus status = server.status();
  collect_use(status, into);
  TrafficFamilies traffic(into);
  ChunkFamilies chunks(into);
  DatabaseFamilies databases(into);
  IngestFamilies ingest(into);
  for (const server::DatabaseStatus& each : status.databases) {
    const Labels labels = {{"db_name", each.name}};
    const server::Counters counters = server.counters(each.name);
    traffic.add(labels, counters);
    chunks.add(labels, counters.chunk_events);
    chunks.add(labels, each.chunks);
    databases.add(labels, each);
    ingest.add(each);
  }
}

}  // namespace magnetite::http
