#include "rpc/call_watch.h"

#include <utility>

namespace magnetite::rpc {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{100};
constexpr std::chrono::hours kIdle{1};

}  // namespace

CallWatch::CallWatch(Executor& executor)
    : executor_(executor), changed_(executor), task_(executor.spawn("flight-watch", [this] { run(); })) {}

CallWatch::~CallWatch() {
  const MutexLock lock(mutex_);
  is_stopped_ = true;
  changed_.notify_all();
}

std::unique_ptr<CallWatch::Watched> CallWatch::watch(const arrow::flight::ServerCallContext& context,
                                                     std::shared_ptr<query::sql::Cancellation> cancellation) {
  const MutexLock lock(mutex_);
  const auto call = calls_.insert(calls_.end(), Call{&context, std::move(cancellation)});
  changed_.notify_all();
  return std::make_unique<Watched>(*this, call);
}

CallWatch::Watched::~Watched() {
  const MutexLock lock(watch_.mutex_);
  watch_.calls_.erase(call_);
}

void CallWatch::run() {
  const MutexLock lock(mutex_);
  while (!is_stopped_) {
    for (const Call& call : calls_)
      if (call.context->is_cancelled()) call.cancellation->cancel();
    const Duration pause = calls_.empty() ? Duration(kIdle) : Duration(kBetweenLooks);
    changed_.wait_until(mutex_, executor_.clock().mono_now() + pause,
                        calls_.empty() ? WaitReason::kIdle : WaitReason::kTimer);
  }
}

}  // namespace magnetite::rpc
