// Runs histories, one a seed, and says which failed.
//
//   magnetite_sim --runs 10000 --out outcomes.csv      a line a seed
//   magnetite_sim --first 4711 --runs 1 --trace        one again, with its last events
//   magnetite_sim --bug trim-too-far --expect-failure      builds with MAGNETITE_PLANTED_BUGS
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>

#include "base/logging.h"
#include "base/planted_bug.h"
#include "sim/history.h"

namespace {

using namespace magnetite;

struct Options {
  uint64_t first = 1;
  uint64_t runs = 200;
  sim::HistoryOptions history;
  std::string out;
  std::string bug;
  bool trace = false;
  bool expect_failure = false;
};

const std::map<std::string, PlantedBug> kBugs = {
    {"ack-before-sync", PlantedBug::kAckBeforeSync},
    {"checkpoint-too-high", PlantedBug::kCheckpointTooHigh},
    {"minimum-forgotten", PlantedBug::kMinimumForgotten},
    {"file-not-stored", PlantedBug::kFileNotStored},
    {"trim-too-far", PlantedBug::kTrimTooFar},
    {"replay-passes-over", PlantedBug::kReplayPassesOver},
    {"replay-stops-short", PlantedBug::kReplayStopsShort},
    {"older-row-wins", PlantedBug::kOlderRowWins},
    {"late-rows-forgotten", PlantedBug::kLateRowsForgotten},
};

// Ends at the first failure where one is expected.
int run(const Options& options) {
  std::FILE* out = options.out.empty() ? nullptr : std::fopen(options.out.c_str(), "w");
  if (out != nullptr) fmt::print(out, "seed,power_cuts,writes,acknowledged,unclear,checks,failure\n");
  sim::Outcome sum;
  uint64_t failed = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (uint64_t seed = options.first; seed < options.first + options.runs; ++seed) {
    const sim::Outcome outcome = sim::run_history(seed, options.history);
    sum.power_cuts += outcome.power_cuts;
    sum.writes += outcome.writes;
    sum.writes_acknowledged += outcome.writes_acknowledged;
    sum.writes_unclear += outcome.writes_unclear;
    sum.checks += outcome.checks;
    if (out != nullptr)
      fmt::print(out, "{},{},{},{},{},{},{}\n", outcome.seed, outcome.power_cuts, outcome.writes,
                 outcome.writes_acknowledged, outcome.writes_unclear, outcome.checks, outcome.failure);
    if (outcome.failure.empty()) continue;
    ++failed;
    if (options.trace) fmt::print("{}\n", outcome.trace);
    fmt::print("seed {}: {}\n", seed, outcome.failure);
    if (options.expect_failure) break;
  }
  if (out != nullptr) std::fclose(out);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print(
      "{} histories, {} power cuts, {} writes ({} acknowledged, {} unclear), {} checks of everything: {} failed; "
      "{:.0f} s\n",
      options.runs, sum.power_cuts, sum.writes, sum.writes_acknowledged, sum.writes_unclear, sum.checks, failed,
      seconds);
  return failed == 0 ? 0 : 1;
}

// A planted bug may end the process: an invariant that is checked is found as well.
int run_for_failure(const Options& options) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) _exit(run(options));
  int status = 0;
  waitpid(child, &status, 0);
  const bool found = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
  fmt::print("{}: {}\n", options.bug, found ? "found" : "NOT FOUND");
  return found ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Histories of a database on a simulated machine");
  app.add_option("--first", options.first, "First seed")->capture_default_str();
  app.add_option("--runs", options.runs, "How many seeds")->capture_default_str();
  app.add_option("--steps", options.history.steps, "Of each history")->capture_default_str();
  app.add_option("--out", options.out, "File for the outcomes, a line a seed");
  app.add_flag("--trace", options.trace, "Print the last events of a failed history");
  app.add_option("--bug", options.bug, "A planted bug, where they are compiled in");
  app.add_flag("--expect-failure", options.expect_failure, "Success is that a history fails");
  CLI11_PARSE(app, argc, argv);
  // What goes wrong on purpose would fill the screen.
  log::configure({.level = log::Level::kError, .to_stderr = true});
  if (!options.bug.empty()) {
    const auto bug = kBugs.find(options.bug);
    if (bug == kBugs.end()) {
      for (const auto& [name, value] : kBugs) fmt::print(stderr, "{}\n", name);
      return 2;
    }
#if defined(MAGNETITE_PLANTED_BUGS)
    planted_bug() = bug->second;
#else
    fmt::print(stderr, "this build has no planted bugs (MAGNETITE_PLANTED_BUGS)\n");
    return 2;
#endif
  }
  return options.expect_failure ? run_for_failure(options) : run(options);
}
