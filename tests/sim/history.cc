#include "sim/history.h"

#include <fmt/format.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <vector>

#include "database/testing/sim_database.h"
#include "query/scan.h"

namespace magnetite::sim {
namespace {

using database::testing::SimDatabase;

// Rows of table `m`: lines are `m,t=<tag> v=<value>i,w=<value>i <time>`, with one of the fields or both.
using Identity = std::pair<std::string, int64_t>;
struct CellKey {
  Identity identity;
  char field;
  auto operator<=>(const CellKey&) const = default;
};
using Cells = std::map<CellKey, int64_t>;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kDay = 86'400 * kSecond;

class History {
 public:
  History(uint64_t seed, const HistoryOptions& options) : options_(options), world_(seed, rules(seed)), random_(seed) {
    outcome_.seed = seed;
  }

  Outcome run() {
    ::testing::TestPartResultArray results;
    {
      const ::testing::ScopedFakeTestPartResultReporter reporter(
          ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &results);
      world_.run([&] { live(); });
    }
    for (int i = 0; i < results.size(); ++i)
      if (results.GetTestPartResult(i).failed() && outcome_.failure.empty())
        outcome_.failure = results.GetTestPartResult(i).message();
    if (!outcome_.failure.empty()) outcome_.trace = world_.executor.trace();
    return outcome_;
  }

 private:
  // Every second history persists early, with rows that are still coming: those are split off.
  static model::LifecycleRules rules(uint64_t seed) {
    model::LifecycleRules rules;
    if (seed % 2 == 0) return rules;
    rules.late_arrive_window_seconds = 60;
    rules.persist_row_threshold = 10;
    rules.persist_age_threshold_seconds = 200;
    return rules;
  }
  uint64_t below(uint64_t bound) { return random_() % bound; }
  uint32_t percent(uint64_t bound) { return static_cast<uint32_t>(below(bound)); }

  void live() {
    world_.start();
    start_ = world_.now_nanos();
    for (int step = 0; step < options_.steps && outcome_.failure.empty(); ++step) this->step();
    world_.store.clear_faults();
    restart();
    check();
    world_.advance(std::chrono::seconds(2000));
    world_.settle();
    check();
    world_.stop();
    if (world_.gauge.bytes() != 0) fail(fmt::format("{} bytes of memory are still counted", world_.gauge.bytes()));
  }

  void step() {
    const uint64_t choice = below(100);
    if (choice < 40) {
      write();
    } else if (choice < 55) {
      world_.advance(std::chrono::seconds(below(400)));
      world_.settle();
    } else if (choice < 65) {
      world_.database->run_lifecycle();  // jobs run beside what comes next
      for (uint64_t i = below(200); i > 0; --i) world_.executor.yield();
      if (choice < 58)
        for (const jobs::JobStatus& job : world_.jobs->list()) world_.jobs->cancel(job.id);
    } else if (choice < 73) {
      note("the store begins to fail");
      world_.store.fail_by_chance({.not_done_percent = percent(20),
                                   .unclear_done_percent = percent(10),
                                   .unclear_not_done_percent = percent(10)});
    } else if (choice < 78) {
      world_.store.clear_faults();
    } else if (choice < 88) {
      cut_power_during_work();
    } else if (choice < 95) {
      restart();
      check();
    } else {
      check();
    }
  }

  void note(const std::string& event) { world_.executor.note(event); }
  void fail(const std::string& what) {
    if (outcome_.failure.empty()) outcome_.failure = what;
    note("FAILURE: " + what);
  }

  void write() {
    std::string lines;
    Cells batch;
    for (uint64_t i = 0; i <= below(6); ++i) {
      const std::string tag(1, static_cast<char>('a' + below(3)));
      const int64_t time =
          start_ + static_cast<int64_t>(below(3)) * kDay + static_cast<int64_t>(below(30)) * 20 * kSecond;
      const uint64_t fields = 1 + below(3);
      std::string text;
      for (const char field : {'v', 'w'}) {
        if ((fields >> (field - 'v') & 1) == 0) continue;
        const int64_t value = ++value_;
        text += fmt::format("{}{}={}i", text.empty() ? "" : ",", field, value);
        batch[{{tag, time}, field}] = value;
      }
      lines += fmt::format("m,t={} {} {}\n", tag, text, time);
    }
    ++outcome_.writes;
    const auto written = world_.write(std::move(lines));
    // What an engine says after its machine lost power, nobody hears.
    const bool unclear = !written && (written.error().code() == ErrorCode::kUnclear || !world_.disk.is_on());
    note(fmt::format("a write of {} cells: {}", batch.size(), written ? "acknowledged" : written.error().describe()));
    if (written) ++outcome_.writes_acknowledged;
    if (unclear) ++outcome_.writes_unclear;
    for (const auto& [cell, value] : batch) {
      if (written) {
        model_[cell] = value;
        maybe_.erase(cell);
      } else if (unclear) {
        maybe_[cell].insert(value);
      }
    }
  }

  PowerCutPolicy policy() {
    static constexpr Survival kAny[] = {Survival::kAll,    Survival::kNone, Survival::kPrefix,
                                        Survival::kSubset, Survival::kTorn, Survival::kRandom};
    return {kAny[below(std::size(kAny))], kAny[below(std::size(kAny))], {}, {}};
  }

  void cut_power_during_work() {
    world_.disk.power_off_at_change(world_.disk.changes() + 1 + below(30), policy());
    for (int i = 0; i < 4 && world_.disk.is_on(); ++i) {
      write();
      world_.database->run_lifecycle();
      for (uint64_t yields = below(300); yields > 0; --yields) world_.executor.yield();
      if (below(3) == 0) world_.advance(std::chrono::seconds(below(700)));
    }
    world_.disk.power_off_at_change(0);
    restart();
    check();
  }

  void restart() {
    note("power cut");
    ++outcome_.power_cuts;
    world_.crash(policy());
    world_.start();
  }

  Cells cells() {
    Cells cells;
    std::set<Identity> identities;
    auto snapshot = world_.database->snapshot("m");
    if (!snapshot) return cells;
    query::ScanRequest request;
    request.table = *std::move(snapshot);
    if (const auto opened = query::open_stored(request.table, model::TimeRange::all()); !opened) {
      fail("a file cannot be opened: " + opened.error().describe());
      return cells;
    }
    std::vector<std::pair<char, size_t>> fields;
    for (const char* name : {"t", "time", "v", "w"}) {
      const schema::Column* column = request.table.schema->find(name);
      if (column == nullptr) continue;  // nobody wrote it
      if (name[1] == '\0' && name[0] != 't') fields.emplace_back(name[0], request.columns.size());
      request.columns.push_back(column->id);
    }
    const auto plan = query::plan_scan(std::move(request), std::make_shared<query::ScanControl>());
    for (size_t morsel = 0; morsel < plan->morsel_count(); ++morsel) {
      auto reader = plan->open(morsel);
      while (reader) {
        auto batch = (*reader)->next();
        if (!batch) {
          fail("rows cannot be read: " + batch.error().describe());
          return cells;
        }
        if (!*batch) break;
        const auto& columns = (*batch)->columns;
        for (size_t row = 0; row < (*batch)->rows; ++row) {
          const Identity identity{std::string(columns[0].value<std::string_view>(row)), columns[1].value<int64_t>(row)};
          if (!identities.insert(identity).second)
            fail(fmt::format("row {} {} is there twice", identity.first, identity.second));
          for (const auto& [field, at] : fields)
            if (columns[at].is_valid(row)) cells[{identity, field}] = columns[at].value<int64_t>(row);
        }
      }
      if (!reader) fail("rows cannot be read: " + reader.error().describe());
    }
    return cells;
  }

  void check() {
    ++outcome_.checks;
    world_.store.clear_faults();  // a query says that it failed; here its rows matter
    const Cells seen = cells();
    // Unclear writes may have been done or not; from now on that is known.
    for (const auto& [cell, values] : maybe_)
      if (const auto found = seen.find(cell); found != seen.end() && values.contains(found->second))
        model_[cell] = found->second;
    maybe_.clear();
    for (const auto& [cell, value] : model_) {
      const auto found = seen.find(cell);
      if (found == seen.end())
        fail(fmt::format("{} {} {}: {} is lost", cell.identity.first, cell.identity.second, cell.field, value));
      else if (found->second != value)
        fail(fmt::format("{} {} {}: found {} instead of {}", cell.identity.first, cell.identity.second, cell.field,
                         found->second, value));
    }
    for (const auto& [cell, value] : seen)
      if (!model_.contains(cell))
        fail(fmt::format("{} {} {}: nobody wrote {}", cell.identity.first, cell.identity.second, cell.field, value));
  }

  const HistoryOptions options_;
  SimDatabase world_;
  std::mt19937_64 random_;
  Outcome outcome_;
  int64_t start_ = 0;
  int64_t value_ = 0;
  Cells model_;
  std::map<CellKey, std::set<int64_t>> maybe_;
};

}  // namespace

Outcome run_history(uint64_t seed, const HistoryOptions& options) { return History(seed, options).run(); }

}  // namespace magnetite::sim
