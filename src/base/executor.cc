#include "base/executor.h"

namespace magnetite {

std::string_view to_string(WaitReason reason) {
  switch (reason) {
    case WaitReason::kIdle:
      return "idle";
    case WaitReason::kTimer:
      return "timer";
    case WaitReason::kLogSync:
      return "log sync";
    case WaitReason::kLane:
      return "lane";
    case WaitReason::kMemory:
      return "memory";
    case WaitReason::kQueueSpace:
      return "queue space";
    case WaitReason::kReplay:
      return "replay";
    case WaitReason::kJob:
      return "job";
    case WaitReason::kData:
      return "data";
    case WaitReason::kJoin:
      return "join";
  }
  return "unknown";
}

Signal::Signal(Executor& executor) : impl_(executor.make_signal()) {}
Signal::~Signal() = default;

WaitOutcome Signal::wait_until(Mutex& mutex, MonoTime deadline, WaitReason reason) {
  return impl_->wait_until(mutex, deadline, reason);
}
void Signal::notify_one() { impl_->notify_one(); }
void Signal::notify_all() { impl_->notify_all(); }

Task& Task::operator=(Task&& other) noexcept {
  if (this != &other) {
    join();
    impl_ = std::move(other.impl_);
  }
  return *this;
}

void Task::join() {
  if (impl_ == nullptr) return;
  impl_->join();
  impl_.reset();
}

void Executor::pause(Duration delta) {
  const MonoTime deadline = clock().mono_now() + delta;
  Mutex mutex;
  Signal signal(*this);
  const MutexLock lock(mutex);
  while (signal.wait_until(mutex, deadline, WaitReason::kTimer) != WaitOutcome::kDeadline) {
  }
}

}  // namespace magnetite
