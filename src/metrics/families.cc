#include "metrics/families.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <deque>
#include <limits>

#include "base/check.h"

namespace magnetite::metrics {
namespace {

prometheus::ClientMetric with_labels(const Labels& labels) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : labels) metric.label.push_back({name, value});
  return metric;
}

}  // namespace

struct Families::State {
  std::deque<prometheus::MetricFamily> families;  // where they are, they stay

  prometheus::MetricFamily& open(std::string_view name, std::string_view help, prometheus::MetricType type) {
    MAGNETITE_CHECK(std::ranges::none_of(families, [&](const auto& family) { return family.name == name; }));
    prometheus::MetricFamily& family = families.emplace_back();
    family.name = name;
    family.help = help;
    family.type = type;
    return family;
  }
};

void Family::add(const Labels& labels, double value) {
  prometheus::ClientMetric metric = with_labels(labels);
  if (family_->type == prometheus::MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  family_->metric.push_back(std::move(metric));
}

void Family::add_histogram(const Labels& labels, std::span<const uint64_t> bounds, std::span<const uint64_t> counts,
                           double sum) {
  MAGNETITE_CHECK(counts.size() == bounds.size() + 1);
  prometheus::ClientMetric metric = with_labels(labels);
  uint64_t cumulative = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    cumulative += counts[i];
    const double bound = i < bounds.size() ? static_cast<double>(bounds[i]) : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({cumulative, bound});
  }
  metric.histogram.sample_count = cumulative;
  metric.histogram.sample_sum = sum;
  family_->metric.push_back(std::move(metric));
}

Families::Families() : state_(std::make_unique<State>()) {}
Families::~Families() = default;

Family Families::counter(std::string_view name, std::string_view help) {
  return Family(state_->open(name, help, prometheus::MetricType::Counter));
}
Family Families::gauge(std::string_view name, std::string_view help) {
  return Family(state_->open(name, help, prometheus::MetricType::Gauge));
}
Family Families::histogram(std::string_view name, std::string_view help) {
  return Family(state_->open(name, help, prometheus::MetricType::Histogram));
}

void Families::take(prometheus::MetricFamily family) {
  prometheus::MetricFamily& taken = state_->open(family.name, family.help, family.type);
  taken.metric = std::move(family.metric);
}

std::string Families::text() const {
  std::vector<prometheus::MetricFamily> shown;
  for (const prometheus::MetricFamily& family : state_->families)
    if (!family.metric.empty()) shown.push_back(family);
  return prometheus::TextSerializer().Serialize(shown);
}

}  // namespace magnetite::metrics
