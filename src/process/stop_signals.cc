#include "process/stop_signals.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace magnetite::process {
namespace {

int next_signal(const sigset_t& set) {
  int received = 0;
  ::sigwait(&set, &received);
  return received;
}

}  // namespace

StopSignals::StopSignals() {
  sigemptyset(&set_);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, number);
  ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

int StopSignals::wait(const std::function<void()>& on_hangup) {
  while (true) {
    const int received = next_signal(set_);
    if (received != SIGHUP) return received;
    on_hangup();
  }
}

StopSignals::Impatience::Impatience(Executor& executor, const StopSignals& signals)
    : task_(executor.spawn("signals", [this, set = signals.set_] {
        while (true) {
          const int received = next_signal(set);
          if (over_) return;
          if (received == SIGHUP) continue;
          fmt::print(stderr, "magnetite: ended at once by a second signal; acknowledged writes are safe\n");
          std::fflush(nullptr);
          ::_exit(128 + received);
        }
      })) {}

StopSignals::Impatience::~Impatience() {
  over_ = true;
  ::kill(::getpid(), SIGTERM);  // blocked everywhere: only its task hears it
  task_.join();
}

}  // namespace magnetite::process
