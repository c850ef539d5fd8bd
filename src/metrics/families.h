// Metric families under construction, and their text. Values are read where they are kept, when somebody asks.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prometheus {
struct MetricFamily;
}

namespace magnetite::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

// A family that its Families own. Copyable, and cheap to copy.
class Family {
 public:
  void add(const Labels& labels, double value);
  void add(const Labels& labels, uint64_t value) { add(labels, static_cast<double>(value)); }
  // `counts` has one more than `bounds`: how many up to each bound and above the one before, last those above all.
  void add_histogram(const Labels& labels, std::span<const uint64_t> bounds, std::span<const uint64_t> counts,
                     double sum);

 private:
  friend class Families;
  explicit Family(prometheus::MetricFamily& family) : family_(&family) {}
  prometheus::MetricFamily* family_;
};

// Not thread-safe. Each name once; families come in the order they were named.
class Families {
 public:
  Families();
  ~Families();
  Family counter(std::string_view name, std::string_view help);
  Family gauge(std::string_view name, std::string_view help);
  Family histogram(std::string_view name, std::string_view help);
  void take(prometheus::MetricFamily family);
  std::string text() const;  // Prometheus exposition; families without a value are left out

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace magnetite::metrics
