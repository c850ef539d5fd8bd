#include "base/sim/sim_executor.h"

#include "base/sim/scheduler.h"

namespace magnetite::sim {

namespace {

class SimSignal final : public Signal::Impl {
 public:
  explicit SimSignal(Scheduler& scheduler) : scheduler_(scheduler) {}

  WaitOutcome wait_until(Mutex& mutex, MonoTime deadline, WaitReason reason) override NO_THREAD_SAFETY_ANALYSIS {
    const WaitOutcome outcome = scheduler_.wait(waiters_, mutex, deadline, reason);
    mutex.lock();
    return outcome;
  }
  void notify_one() override { scheduler_.notify_one(waiters_); }
  void notify_all() override { scheduler_.notify_all(waiters_); }

 private:
  Scheduler& scheduler_;
  std::deque<Scheduler::TaskState*> waiters_;
};

class SimTask final : public Task::Impl {
 public:
  SimTask(Scheduler& scheduler, Scheduler::TaskPointer task) : scheduler_(scheduler), task_(std::move(task)) {}
  void join() override { scheduler_.join(*task_); }

 private:
  Scheduler& scheduler_;
  const Scheduler::TaskPointer task_;
};

}  // namespace

SimExecutor::SimExecutor(uint64_t seed, SimOptions options) : scheduler_(std::make_unique<Scheduler>(seed, options)) {}
SimExecutor::~SimExecutor() = default;

void SimExecutor::run(std::move_only_function<void()> main) { scheduler_->run(std::move(main)); }
Clock& SimExecutor::clock() { return *scheduler_; }
Task SimExecutor::spawn(std::string name, std::move_only_function<void()> body) {
  return Task(std::make_unique<SimTask>(*scheduler_, scheduler_->spawn(std::move(name), std::move(body))));
}
void SimExecutor::yield() { scheduler_->yield(); }
std::unique_ptr<Signal::Impl> SimExecutor::make_signal() { return std::make_unique<SimSignal>(*scheduler_); }
void SimExecutor::advance(Duration delta) { scheduler_->advance(delta); }
void SimExecutor::set_wall_time(WallTime now) { scheduler_->set_wall_time(now); }
uint64_t SimExecutor::seed() const { return scheduler_->seed(); }
uint64_t SimExecutor::steps() const { return scheduler_->steps(); }
std::string SimExecutor::trace() const { return scheduler_->trace(); }
std::string SimExecutor::describe_tasks() const { return scheduler_->describe_tasks(); }
void SimExecutor::note(std::string event) { scheduler_->note(std::move(event)); }

}  // namespace magnetite::sim
