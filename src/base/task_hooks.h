// How Mutex reaches the scheduler of a simulated task. Only base/sim sets it.
#pragma once

namespace magnetite {

class TaskHooks {
 public:
  virtual ~TaskHooks() = default;
  virtual void yield() = 0;
};

// Of the calling thread; nullptr outside a simulation.
TaskHooks* task_hooks();
void set_task_hooks(TaskHooks* hooks);

}  // namespace magnetite
