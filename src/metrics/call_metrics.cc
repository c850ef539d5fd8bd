#include "metrics/call_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <string>

#include "metrics/families.h"

namespace magnetite::metrics {
namespace {

using LabelMap = std::map<std::string, std::string>;

const char* word(CallOutcome outcome) {
  switch (outcome) {
    case CallOutcome::kOk:
      return "ok";
    case CallOutcome::kClientError:
      return "client_error";
    case CallOutcome::kError:
      return "error";
  }
  return "error";
}

// One counter and one histogram with the same labels.
class Calls {
 public:
  Calls(prometheus::Registry& registry, const std::string& prefix, const std::string& what)
      : counts_(prometheus::BuildCounter().Name(prefix + "requests_total").Help("Finished " + what).Register(registry)),
        durations_(prometheus::BuildHistogram()
                       .Name(prefix + "request_duration_seconds")
                       .Help("Time until the answer of " + what)
                       .Register(registry)) {}

  void count(LabelMap labels, CallOutcome outcome, Duration duration) {
    static const prometheus::Histogram::BucketBoundaries kSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                                     0.25,  0.5,    1,     2.5,  5,     10};
    labels.emplace("status", word(outcome));
    counts_.Add(labels).Increment();
    durations_.Add(labels, kSeconds).Observe(std::chrono::duration<double>(duration).count());
  }

 private:
  prometheus::Family<prometheus::Counter>& counts_;
  prometheus::Family<prometheus::Histogram>& durations_;
};

}  // namespace

struct CallMetrics::State {
  prometheus::Registry registry;
  Calls http{registry, "http_", "HTTP requests"};
  Calls grpc{registry, "gRPC_", "gRPC calls"};
};

CallMetrics::CallMetrics() : state_(std::make_unique<State>()) {}
CallMetrics::~CallMetrics() = default;

void CallMetrics::count_http(std::string_view path, std::string_view database, CallOutcome outcome, Duration duration) {
  LabelMap labels = {{"path", std::string(path)}};
  if (!database.empty()) labels.emplace("db_name", database);
  state_->http.count(std::move(labels), outcome, duration);
}

void CallMetrics::count_grpc(std::string_view operation, CallOutcome outcome, Duration duration) {
  state_->grpc.count({{"operation", std::string(operation)}}, outcome, duration);
}

void CallMetrics::collect(Families& into) const {
  for (prometheus::MetricFamily& family : state_->registry.Collect()) into.take(std::move(family));
}

}  // namespace magnetite::metrics
