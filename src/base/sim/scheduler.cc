#include "base/sim/scheduler.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace magnetite::sim {
namespace {

constexpr double kNanosPerSecond = 1e9;

std::string in_seconds(MonoTime time) {
  return time == kNever ? "never" : fmt::format("{:.9f}", static_cast<double>(time.nanos) / kNanosPerSecond);
}

// The task that the calling thread runs; nullptr outside run().
thread_local Scheduler::TaskState* current_task = nullptr;

}  // namespace

Scheduler::Scheduler(uint64_t seed, SimOptions options)
    : seed_(seed), options_(options), wall_offset_nanos_(options.start.nanos - mono_nanos_), random_(seed) {}

Scheduler::~Scheduler() { MAGNETITE_CHECK_MSG(!running_, "a simulated executor ended during run()"); }

void Scheduler::run(std::move_only_function<void()> main) {
  MAGNETITE_CHECK_MSG(current_task == nullptr, "run() inside a task");
  Lock lock(mutex_);
  MAGNETITE_CHECK_MSG(!running_, "run() runs already");
  running_ = true;
  for (const TaskPointer& task : tasks_) start_thread(*task);

  const auto task = std::make_shared<TaskState>();
  task->name = fmt::format("main#{}", tasks_made_);
  task->number = tasks_made_++;
  task->has_baton = true;
  tasks_.push_back(task);
  current_task = task.get();
  set_task_hooks(this);
  lock.unlock();

  main();
  main = nullptr;

  lock.lock();
  task->state = State::kRunnable;
  record(task.get(), "main returned");
  if (tasks_.size() > 1) {
    main_waiting_for_all_ = task.get();
    task->state = State::kWaiting;
    task->reason = WaitReason::kJoin;
    task->deadline = kNever;
    ++progress_;
    switch_from(lock, *task);
  }
  main_waiting_for_all_ = nullptr;
  tasks_.clear();
  running_ = false;
  current_task = nullptr;
  set_task_hooks(nullptr);
  std::vector<TaskPointer> ended = std::move(ended_);
  ended_.clear();
  lock.unlock();
  for (const TaskPointer& one : ended) {
    if (one->thread.joinable()) one->thread.join();
  }
}

Scheduler::TaskPointer Scheduler::spawn(std::string name, std::move_only_function<void()> body) {
  const Lock lock(mutex_);
  const auto task = std::make_shared<TaskState>();
  task->name = fmt::format("{}#{}", name, tasks_made_);
  task->number = tasks_made_++;
  task->body = std::move(body);
  tasks_.push_back(task);
  record(current_task, "spawns " + task->name);
  if (running_) start_thread(*task);
  return task;
}

void Scheduler::start_thread(TaskState& task) {
  task.thread = std::thread([this, &task] { task_main(task); });
}

void Scheduler::task_main(TaskState& task) {
  current_task = &task;
  set_task_hooks(this);
  {
    Lock lock(mutex_);
    task.baton_given.wait(lock, [&] { return task.has_baton; });
    record(&task, "starts");
  }
  task.body();
  task.body = nullptr;
  Lock lock(mutex_);
  end(lock, task);
}

void Scheduler::end(Lock& lock, TaskState& task) {
  record(&task, "ends");
  task.state = State::kEnded;
  task.has_baton = false;
  ++progress_;
  const auto found = std::ranges::find(tasks_, &task, &TaskPointer::get);
  ended_.push_back(*found);
  tasks_.erase(found);
  for (TaskState* joiner : task.joiners) wake(*joiner, WaitOutcome::kNotified);
  if (main_waiting_for_all_ != nullptr && tasks_.size() == 1) wake(*main_waiting_for_all_, WaitOutcome::kNotified);
  const TaskPointer next = choose();
  give_baton(lock, *next);
}

void Scheduler::join(TaskState& task) {
  Lock lock(mutex_);
  if (task.state != State::kEnded) {
    TaskState& self = current();
    MAGNETITE_CHECK_MSG(&self != &task, "a task joins itself");
    record(&self, "joins " + task.name);
    self.state = State::kWaiting;
    self.reason = WaitReason::kJoin;
    self.deadline = kNever;
    task.joiners.push_back(&self);
    ++progress_;
    switch_from(lock, self);
  }
  // The task is over; only its thread may still have a few instructions to go.
  std::erase_if(ended_, [&](const TaskPointer& one) { return one.get() == &task; });
  lock.unlock();
  if (task.thread.joinable()) task.thread.join();
}

Scheduler::TaskState& Scheduler::current() const {
  MAGNETITE_CHECK_MSG(current_task != nullptr, "waiting outside SimExecutor::run()");
  return *current_task;
}

void Scheduler::yield() {
  if (current_task == nullptr) return;
  Lock lock(mutex_);
  current_task->state = State::kRunnable;
  ++progress_;
  switch_from(lock, *current_task);
}

void Scheduler::before_lock() {
  Lock lock(mutex_);
  current_task->state = State::kRunnable;
  if (!chance(options_.switch_before_lock_percent)) return;
  ++progress_;
  switch_from(lock, *current_task);
}

void Scheduler::contended() {
  Lock lock(mutex_);
  TaskState& self = current();
  if (self.state != State::kContended) {  // else it tried again in vain: nothing changed
    record(&self, "waits for a mutex");
    self.state = State::kContended;
    ++progress_;
  }
  self.contended_at = progress_;
  switch_from(lock, self);
}

WaitOutcome Scheduler::wait(std::deque<TaskState*>& waiters, Mutex& mutex, MonoTime deadline, WaitReason reason) {
  Lock lock(mutex_);
  TaskState& self = current();
  mutex.native().unlock();
  self.deadline = deadline;
  self.reason = reason;
  if (deadline <= mono_now()) {
    self.state = State::kRunnable;
    self.outcome = WaitOutcome::kDeadline;
  } else if (chance(options_.spurious_wakeup_percent)) {
    self.state = State::kRunnable;
    self.outcome = WaitOutcome::kNotified;
  } else {
    record(&self, fmt::format("waits for {}, until {}", to_string(reason), in_seconds(deadline)));
    self.state = State::kWaiting;
    self.waiting_in = &waiters;
    waiters.push_back(&self);
  }
  ++progress_;
  switch_from(lock, self);
  return self.outcome;
}

void Scheduler::notify_one(std::deque<TaskState*>& waiters) {
  const Lock lock(mutex_);
  if (!waiters.empty()) wake(*waiters[random_below(waiters.size())], WaitOutcome::kNotified);
}

void Scheduler::notify_all(std::deque<TaskState*>& waiters) {
  const Lock lock(mutex_);
  while (!waiters.empty()) wake(*waiters.front(), WaitOutcome::kNotified);
}

void Scheduler::wake(TaskState& task, WaitOutcome outcome) {
  if (task.waiting_in != nullptr) std::erase(*task.waiting_in, &task);
  task.waiting_in = nullptr;
  task.state = State::kRunnable;
  task.outcome = outcome;
  record(&task, outcome == WaitOutcome::kNotified ? "is woken" : "reaches its deadline");
}

void Scheduler::switch_from(Lock& lock, TaskState& self) {
  const TaskPointer next = choose();
  if (next.get() == &self) return;
  self.has_baton = false;
  give_baton(lock, *next);
  lock.lock();
  self.baton_given.wait(lock, [&] { return self.has_baton; });
}

// Lets go of the lock first: else the woken thread would only wake to wait for it.
void Scheduler::give_baton(Lock& lock, TaskState& task) {
  task.has_baton = true;
  lock.unlock();
  task.baton_given.notify_one();
}

bool Scheduler::can_run(const TaskState& task) const {
  return task.state == State::kRunnable || (task.state == State::kContended && task.contended_at < progress_);
}

Scheduler::TaskPointer Scheduler::choose() {
  ++steps_;
  if (steps_ > options_.steps_max)
    check_failed(
        __FILE__, __LINE__, "steps <= steps_max",
        fmt::format("livelock (seed {}), tasks:\n{}trace:\n{}", seed_, describe_tasks_locked(), trace_locked()));
  while (true) {
    const auto candidates =
        static_cast<size_t>(std::ranges::count_if(tasks_, [&](const TaskPointer& task) { return can_run(*task); }));
    if (candidates > 0) {
      size_t skip = candidates == 1 ? 0 : random_below(candidates);
      for (const TaskPointer& task : tasks_) {
        if (can_run(*task) && skip-- == 0) return task;
      }
    }
    if (!jump_to_next_deadline())
      check_failed(
          __FILE__, __LINE__, "a task can run",
          fmt::format("deadlock (seed {}), tasks:\n{}trace:\n{}", seed_, describe_tasks_locked(), trace_locked()));
  }
}

bool Scheduler::jump_to_next_deadline() {
  MonoTime next = kNever;
  for (const TaskPointer& task : tasks_) {
    if (task->state == State::kWaiting) next = std::min(next, task->deadline);
  }
  if (next == kNever) return false;
  mono_nanos_ = std::max<int64_t>(mono_nanos_, next.nanos);
  wake_due();
  return true;
}

void Scheduler::wake_due() {
  for (const TaskPointer& task : tasks_) {
    if (task->state == State::kWaiting && task->deadline <= mono_now()) wake(*task, WaitOutcome::kDeadline);
  }
}

void Scheduler::advance(Duration delta) {
  MAGNETITE_CHECK_MSG(delta >= Duration::zero(), "the monotonic clock never goes back");
  const Lock lock(mutex_);
  record(current_task, fmt::format("moves the clocks by {} ns", delta.count()));
  mono_nanos_ += delta.count();
  wake_due();
}

void Scheduler::set_wall_time(WallTime now) {
  const Lock lock(mutex_);
  record(current_task, fmt::format("sets the wall clock to {} ns", now.nanos));
  wall_offset_nanos_ = now.nanos - mono_nanos_;
}

uint64_t Scheduler::random_below(uint64_t bound) { return random_() % bound; }

uint64_t Scheduler::steps() const {
  const Lock lock(mutex_);
  return steps_;
}

void Scheduler::note(std::string event) {
  const Lock lock(mutex_);
  record(current_task, std::move(event));
}

void Scheduler::record(const TaskState* task, std::string text) {
  if (options_.trace_events_max == 0) return;
  if (events_.size() == options_.trace_events_max) events_.pop_front();
  events_.push_back({steps_, mono_nanos_, task == nullptr ? "outside" : task->name, std::move(text)});
}

std::string Scheduler::trace() const {
  const Lock lock(mutex_);
  return trace_locked();
}

std::string Scheduler::trace_locked() const {
  std::string text;
  for (const Event& event : events_)
    text += fmt::format("{:>8} {:>16} {} {}\n", event.step, in_seconds({event.mono_nanos}), event.task, event.text);
  return text;
}

std::string Scheduler::describe_tasks() const {
  const Lock lock(mutex_);
  return describe_tasks_locked();
}

std::string Scheduler::describe_tasks_locked() const {
  std::string text;
  for (const TaskPointer& task : tasks_) {
    std::string state;
    switch (task->state) {
      case State::kRunnable:
        state = "can run";
        break;
      case State::kContended:
        state = "waits for a mutex";
        break;
      case State::kWaiting:
        state = fmt::format("waits for {}, until {}", to_string(task->reason), in_seconds(task->deadline));
        break;
      case State::kEnded:
        state = "has ended";
        break;
    }
    text += fmt::format("  {} {}\n", task->name, state);
  }
  return text;
}

}  // namespace magnetite::sim
