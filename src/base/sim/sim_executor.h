// A simulated Executor: tasks run one at a time, in an order that a seed decides, in simulated time. The same seed and
// the same program give the same run, so a failure found once can be repeated.
//
// Each task is an OS thread that runs only while it holds the baton. Threads rather than fibers, because thread-locals,
// debuggers, sanitizers and foreign libraries then work as in production (docs/decisions/0001).
//
// A task hands the baton on at: start and end of a task, Signal waits, yield(), pause(), a contended Mutex, and, by
// chance, before taking any Mutex. Time stands still while some task can run and then jumps to the next deadline.
// Nothing to run and no deadline is a deadlock: a check fails and prints every task. Threads that the executor did not
// start must not hold a Mutex that tasks use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"

namespace magnetite::sim {

class Scheduler;

struct SimOptions {
  uint32_t switch_before_lock_percent = 25;
  uint32_t spurious_wakeup_percent = 2;
  size_t trace_events_max = 2'000;            // the newest are kept
  uint64_t steps_max = 20'000'000;            // more is a livelock: a check fails
  WallTime start{1'767'225'600'000'000'000};  // 2026-01-01T00:00:00Z
};

class SimExecutor final : public Executor {
 public:
  explicit SimExecutor(uint64_t seed, SimOptions options = {});
  ~SimExecutor() override;  // no run() is under way, and every task has ended

  // Runs `main` as the first task, on the calling thread; returns when it and all other tasks have ended.
  void run(std::move_only_function<void()> main);

  // Executor. spawn() outside run() prepares a task for the next run(); a task waits and joins only inside run().
  Clock& clock() override;
  Task spawn(std::string name, std::move_only_function<void()> body) override;
  void yield() override;  // nothing outside a task
  std::unique_ptr<Signal::Impl> make_signal() override;

  // Moves both clocks; what became due runs at the next scheduling points.
  void advance(Duration delta);
  // The wall clock alone may jump, backwards too.
  void set_wall_time(WallTime now);

  uint64_t seed() const;
  uint64_t steps() const;  // scheduling decisions so far
  // The newest events, one per line: step, simulated time, task, event.
  std::string trace() const;
  // Every task that has not ended, one per line, with what it waits for.
  std::string describe_tasks() const;
  // Adds a line to the trace in the name of the running task.
  void note(std::string event);

 private:
  const std::unique_ptr<Scheduler> scheduler_;
};

}  // namespace magnetite::sim
