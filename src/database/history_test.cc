#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "database/testing/sim_database.h"

namespace magnetite::database {
namespace {

using testing::Rows;
using testing::SimDatabase;

constexpr int64_t kSecond = 1'000'000'000;

std::string line(const std::string& tag, int64_t value, int64_t time) {
  return fmt::format("m,t={} v={}i {}\n", tag, value, time);
}

// Random writes, late ones among them, lifecycle passes, crashes and a store that fails by chance, against a map.
class History {
 public:
  explicit History(uint64_t seed) : world_(seed), random_(seed) {}

  void run() {
    world_.run([&] {
      world_.start();
      start_ = world_.now_nanos();
      for (int step = 0; step < 60 && !::testing::Test::HasFailure(); ++step) {
        SCOPED_TRACE(step);
        this->step();
      }
      world_.store.clear_faults();
      restart();
      check();
      world_.stop();
      EXPECT_EQ(world_.gauge.bytes(), 0u);
    });
  }

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }

  void step() {
    const uint64_t choice = below(100);
    if (choice < 50) {
      write();
    } else if (choice < 70) {
      world_.advance(std::chrono::seconds(below(400)));
      world_.settle();
    } else if (choice < 80) {
      world_.store.fail_by_chance({.not_done_percent = static_cast<uint32_t>(below(20)),
                                   .unclear_done_percent = static_cast<uint32_t>(below(10)),
                                   .unclear_not_done_percent = static_cast<uint32_t>(below(10))});
    } else if (choice < 85) {
      world_.store.clear_faults();
    } else if (choice < 93) {
      restart();
      check();
    } else {
      world_.database->run_lifecycle();  // jobs run beside what comes next
      if (choice < 96) return;
      for (uint64_t i = below(200); i > 0; --i) world_.executor.yield();
      for (const jobs::JobStatus& job : world_.jobs->list()) world_.jobs->cancel(job.id);
    }
  }

  void write() {
    std::string lines;
    Rows batch;
    for (uint64_t i = 0; i <= below(5); ++i) {
      const std::string tag(1, static_cast<char>('a' + below(3)));
      const int64_t time = start_ + static_cast<int64_t>(below(40)) * 20 * kSecond;
      const int64_t value = ++value_;
      lines += line(tag, value, time);
      batch[{tag, time}] = value;
    }
    const auto written = world_.write(std::move(lines));
    for (const auto& [identity, value] : batch) {
      if (written) {
        model_[identity] = value;
        maybe_.erase(identity);
      } else if (written.error().code() == ErrorCode::kUnclear) {
        maybe_[identity] = value;
      }
    }
  }

  void restart() {
    world_.crash();
    world_.start();
  }

  void check() {
    world_.store.clear_faults();  // a query says that it failed; here its rows matter
    Rows seen = world_.rows();
    for (const auto& [identity, value] : maybe_) {
      if (!seen.contains(identity) || seen[identity] == value) {
        seen.erase(identity);
        model_.erase(identity);
      }
    }
    EXPECT_EQ(seen, model_);
  }

  SimDatabase world_;
  std::mt19937_64 random_;
  Rows model_;
  Rows maybe_;  // values of writes whose outcome was unclear
  int64_t start_ = 0;
  int64_t value_ = 0;
};

class LifecycleHistory : public ::testing::TestWithParam<uint64_t> {};

TEST_P(LifecycleHistory, LosesAndDoublesNothing) { History(GetParam()).run(); }

// More of them: MAGNETITE_HISTORIES=5000 build/release/bin/database_test --gtest_filter='*History*'
uint64_t histories() {
  const char* wanted = std::getenv("MAGNETITE_HISTORIES");
  return wanted == nullptr ? 40 : std::strtoull(wanted, nullptr, 10);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LifecycleHistory, ::testing::Range<uint64_t>(1, 1 + histories()));

}  // namespace
}  // namespace magnetite::database
