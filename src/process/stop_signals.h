// SIGINT and SIGTERM: the first asks for an orderly stop, the second ends the process.
#pragma once

#include <atomic>
#include <csignal>
#include <functional>

#include "base/executor.h"

namespace magnetite::process {

// For the main thread, before any other starts: all inherit what is blocked.
class StopSignals {
 public:
  StopSignals();

  // The signal that asks for a stop. SIGHUP, which other servers read their files again for, runs `on_hangup`.
  int wait(const std::function<void()>& on_hangup);

  // While it lives, another SIGINT or SIGTERM ends the process at once, with exit code 128 and its number.
  class Impatience {
   public:
    Impatience(Executor& executor, const StopSignals& signals);
    ~Impatience();
    Impatience(const Impatience&) = delete;
    Impatience& operator=(const Impatience&) = delete;

   private:
    std::atomic<bool> over_ = false;
    Task task_;
  };

 private:
  sigset_t set_{};
};

}  // namespace magnetite::process
