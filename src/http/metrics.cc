#include "http/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <sstream>

#include "server/server.h"

namespace magnetite::http {

struct Metrics::State {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter().Name("http_requests_total").Help("Finished HTTP requests").Register(registry);
  prometheus::Family<prometheus::Histogram>& durations = prometheus::BuildHistogram()
                                                             .Name("http_request_duration_seconds")
                                                             .Help("Time from head to answer")
                                                             .Register(registry);
};

namespace {

prometheus::MetricFamily family(std::string name, std::string help, prometheus::MetricType type) {
  prometheus::MetricFamily made;
  made.name = std::move(name);
  made.help = std::move(help);
  made.type = type;
  return made;
}

void add(prometheus::MetricFamily& to, std::vector<prometheus::ClientMetric::Label> labels, double value) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  if (to.type == prometheus::MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  to.metric.push_back(std::move(metric));
}

// Of databases that read a log, by sequencer.
class IngestFamilies {
 public:
  void add(const server::DatabaseStatus& database) {
    for (const database::SequencerStatus& each : database.sequencers)
      if (each.ingest) add(database.name, *each.ingest);
  }
  void move_to(std::vector<prometheus::MetricFamily>& all) {
    for (auto* each : {&requests_, &seconds_, &bytes_, &last_, &lag_, &min_time_, &max_time_, &time_})
      all.push_back(std::move(*each));
  }

 private:
  void add(const std::string& database, const database::IngestStatus& status) {
    const std::vector<prometheus::ClientMetric::Label> labels = {
        {"db_name", database}, {"sequencer_id", std::to_string(status.sequencer.value)}};
    const auto count = [&](const char* outcome, uint64_t value) {
      auto with_outcome = labels;
      with_outcome.push_back({"status", outcome});
      http::add(requests_, std::move(with_outcome), static_cast<double>(value));
    };
    count("ok", status.records_applied);
    count("client_error", status.records_failed);
    count("server_error", status.read_failures);
    http::add(seconds_, labels, std::chrono::duration<double>(status.busy).count());
    http::add(bytes_, labels, static_cast<double>(status.bytes));
    if (status.last) http::add(last_, labels, static_cast<double>(status.last->value));
    if (const auto lag = status.lag()) http::add(lag_, labels, static_cast<double>(*lag));
    if (status.last_ingest == WallTime{}) return;
    http::add(time_, labels, static_cast<double>(status.last_ingest.nanos));
    if (status.last_times.empty()) return;
    http::add(min_time_, labels, static_cast<double>(status.last_times.min));
    http::add(max_time_, labels, static_cast<double>(status.last_times.max));
  }

  prometheus::MetricFamily requests_ =
      family("write_buffer_ingest_requests_total", "Entries read from a write buffer", prometheus::MetricType::Counter);
  prometheus::MetricFamily seconds_ =
      family("write_buffer_ingest_request_duration_seconds_total", "Time from an entry's arrival until it was applied",
             prometheus::MetricType::Counter);
  prometheus::MetricFamily bytes_ = family("write_buffer_read_bytes_total", "Line protocol read from a write buffer",
                                           prometheus::MetricType::Counter);
  prometheus::MetricFamily last_ =
      family("write_buffer_last_sequence_number", "Number of the last entry applied", prometheus::MetricType::Gauge);
  prometheus::MetricFamily lag_ = family("write_buffer_sequence_number_lag", "Numbers that are not yet applied, about",
                                         prometheus::MetricType::Gauge);
  prometheus::MetricFamily min_time_ =
      family("write_buffer_last_min_ts", "First time in the last entry, in nanoseconds", prometheus::MetricType::Gauge);
  prometheus::MetricFamily max_time_ =
      family("write_buffer_last_max_ts", "Last time in the last entry, in nanoseconds", prometheus::MetricType::Gauge);
  prometheus::MetricFamily time_ = family(
      "write_buffer_last_ingest_ts", "When the last entry was applied, in nanoseconds", prometheus::MetricType::Gauge);
};

}  // namespace

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::count_request(std::string_view path, std::string_view database, int status, Duration duration) {
  const std::string outcome = status < 400 ? "ok" : status < 500 ? "client_error" : "error";
  std::map<std::string, std::string> labels = {{"path", std::string(path)}, {"status", outcome}};
  if (!database.empty()) labels.emplace("db_name", database);
  state_->requests.Add(labels).Increment();
  static const prometheus::Histogram::BucketBoundaries kSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                                   0.25,  0.5,    1,     2.5,  5,     10};
  state_->durations.Add(labels, kSeconds).Observe(std::chrono::duration<double>(duration).count());
}

std::string Metrics::text(const server::Server& server, const EdgeState& edge) const {
  std::vector<prometheus::MetricFamily> all = state_->registry.Collect();
  using prometheus::MetricType;
  auto points = family("ingest_points_total", "Lines of writes", MetricType::Counter);
  auto fields = family("ingest_fields_total", "Field values stored", MetricType::Counter);
  auto bytes = family("ingest_points_bytes_total", "Bytes of write bodies, decompressed", MetricType::Counter);
  auto memory = family("magnetite_database_memory_bytes", "Memory held by a database's chunks", MetricType::Gauge);
  auto log_bytes = family("magnetite_log_bytes", "Size of a database's local log", MetricType::Gauge);
  auto replayed = family("magnetite_replay_records", "Log records read again since the start", MetricType::Gauge);
  auto to_replay = family("magnetite_replay_records_total", "Log records to read again, about", MetricType::Gauge);
  auto replay_left = family("magnetite_replay_seconds_left", "Until replay ends, about", MetricType::Gauge);
  IngestFamilies ingest;
  auto accepting = family("magnetite_log_accepting", "1 while the local log takes writes", MetricType::Gauge);
  for (const server::DatabaseStatus& status : server.status().databases) {
    const server::Counters counters = server.counters(status.name);
    add(points, {{"db_name", status.name}, {"status", "ok"}}, static_cast<double>(counters.lines_accepted));
    add(points, {{"db_name", status.name}, {"status", "error"}}, static_cast<double>(counters.lines_rejected));
    add(fields, {{"db_name", status.name}, {"status", "ok"}}, static_cast<double>(counters.fields_accepted));
    add(bytes, {{"db_name", status.name}, {"status", "ok"}}, static_cast<double>(counters.body_bytes));
    add(memory, {{"db_name", status.name}}, static_cast<double>(status.memory_bytes));
    add(log_bytes, {{"db_name", status.name}}, static_cast<double>(status.log_bytes));
    add(replayed, {{"db_name", status.name}}, static_cast<double>(status.replayed_records));
    add(to_replay, {{"db_name", status.name}}, static_cast<double>(status.replay_records_total));
    if (status.replay_left)
      add(replay_left, {{"db_name", status.name}}, std::chrono::duration<double>(*status.replay_left).count());
    ingest.add(status);
    add(accepting, {{"db_name", status.name}}, status.log_problem.empty() ? 1 : 0);
  }
  auto connections = family("http_connections", "Open connections", MetricType::Gauge);
  add(connections, {}, static_cast<double>(edge.connections));
  auto queued = family("http_requests_queued", "Requests that wait for a thread", MetricType::Gauge);
  add(queued, {{"kind", "write"}}, static_cast<double>(edge.writes_queued));
  add(queued, {{"kind", "query"}}, static_cast<double>(edge.queries_queued));
  auto body_bytes = family("http_body_bytes", "Request bodies in memory", MetricType::Gauge);
  add(body_bytes, {}, static_cast<double>(edge.body_bytes));
  for (auto* each : {&points, &fields, &bytes, &memory, &log_bytes, &replayed, &to_replay, &replay_left, &accepting,
                     &connections, &queued, &body_bytes})
    all.push_back(std::move(*each));
  ingest.move_to(all);
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace magnetite::http
