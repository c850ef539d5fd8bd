// The part of SimExecutor that decides who runs. Every function locks for itself; a task that loses the baton sleeps
// on its own condition variable.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/sim/sim_executor.h"
#include "base/task_hooks.h"

namespace magnetite::sim {

class Scheduler final : public TaskHooks, public Clock {
 public:
  enum class State : uint8_t { kRunnable, kContended, kWaiting, kEnded };

  struct TaskState {
    std::string name;
    uint64_t number = 0;
    std::move_only_function<void()> body;
    std::thread thread;  // none for main
    std::condition_variable baton_given;
    bool has_baton = false;
    State state = State::kRunnable;
    WaitReason reason = WaitReason::kIdle;
    MonoTime deadline = kNever;
    WaitOutcome outcome = WaitOutcome::kNotified;
    uint64_t contended_at = 0;                     // value of progress_ when it last failed to take a mutex
    std::deque<TaskState*>* waiting_in = nullptr;  // the signal's list it stands in
    std::vector<TaskState*> joiners;
  };
  using TaskPointer = std::shared_ptr<TaskState>;

  Scheduler(uint64_t seed, SimOptions options);
  ~Scheduler() override;

  void run(std::move_only_function<void()> main);
  TaskPointer spawn(std::string name, std::move_only_function<void()> body);
  void join(TaskState& task);
  void yield();
  void advance(Duration delta);
  void set_wall_time(WallTime now);

  // For signals, called with the baton or outside run().
  // Unlocks `mutex` once the wait is registered in `waiters`; the caller locks it again.
  WaitOutcome wait(std::deque<TaskState*>& waiters, Mutex& mutex, MonoTime deadline, WaitReason reason);
  void notify_one(std::deque<TaskState*>& waiters);
  void notify_all(std::deque<TaskState*>& waiters);

  void before_lock() override;
  void contended() override;
  WallTime wall_now() const override { return {mono_nanos_ + wall_offset_nanos_}; }
  MonoTime mono_now() const override { return {mono_nanos_}; }

  uint64_t seed() const { return seed_; }
  uint64_t steps() const;
  std::string trace() const;
  std::string describe_tasks() const;
  void note(std::string event);

 private:
  struct Event {
    uint64_t step;
    int64_t mono_nanos;
    std::string task;
    std::string text;
  };
  using Lock = std::unique_lock<std::mutex>;

  void task_main(TaskState& task);
  void start_thread(TaskState& task);
  TaskState& current() const;
  // Gives the baton to whoever is chosen and, unless `self` has ended, waits until it comes back.
  void switch_from(Lock& lock, TaskState& self);
  void give_baton(Lock& lock, TaskState& task);
  TaskPointer choose();
  bool can_run(const TaskState& task) const;
  bool jump_to_next_deadline();
  void wake(TaskState& task, WaitOutcome outcome);
  void wake_due();
  void end(Lock& lock, TaskState& task);
  void record(const TaskState* task, std::string text);
  uint64_t random_below(uint64_t bound);
  bool chance(uint32_t percent) { return random_below(100) < percent; }
  std::string trace_locked() const;
  std::string describe_tasks_locked() const;

  const uint64_t seed_;
  const SimOptions options_;
  std::atomic<int64_t> mono_nanos_ = 1'000'000'000;
  std::atomic<int64_t> wall_offset_nanos_;

  mutable std::mutex mutex_;  // guards all below
  std::mt19937_64 random_;
  std::vector<TaskPointer> tasks_;  // not ended, by number
  std::vector<TaskPointer> ended_;  // whose threads are still to be joined
  uint64_t tasks_made_ = 0;
  uint64_t steps_ = 0;
  uint64_t progress_ = 0;  // rises whenever a task ran that might have let go of a mutex
  TaskState* main_waiting_for_all_ = nullptr;
  bool running_ = false;
  std::deque<Event> events_;
};

}  // namespace magnetite::sim
