#include "base/mutex.h"

#include "base/task_hooks.h"

namespace magnetite {
namespace {
thread_local TaskHooks* current_hooks = nullptr;
}  // namespace

TaskHooks* task_hooks() { return current_hooks; }
void set_task_hooks(TaskHooks* hooks) { current_hooks = hooks; }

void Mutex::lock() NO_THREAD_SAFETY_ANALYSIS {
  TaskHooks* hooks = current_hooks;
  if (hooks == nullptr) [[likely]]
    return mutex_.lock();
  hooks->before_lock();
  while (!mutex_.try_lock()) hooks->contended();
}

}  // namespace magnetite
