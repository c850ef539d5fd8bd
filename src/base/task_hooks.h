// How Mutex reaches the scheduler of a simulated task. Only base/sim sets it.
#pragma once

namespace magnetite {

class TaskHooks {
 public:
  virtual ~TaskHooks() = default;
  // About to take a mutex: a chance to let other tasks run first.
  virtual void before_lock() = 0;
  // The mutex is held by another task: returns when it is worth trying again.
  virtual void contended() = 0;
};

// Of the calling thread; nullptr outside a simulation.
TaskHooks* task_hooks();
void set_task_hooks(TaskHooks* hooks);

}  // namespace magnetite
