#include "cli/interrupts.h"

namespace magnetite::cli {
namespace {

sigset_t only_sigint() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

Interrupts::Interrupts() {
  const sigset_t blocked = only_sigint();
  pthread_sigmask(SIG_BLOCK, &blocked, &before_);
}

Interrupts::~Interrupts() {
  arrived();  // one that came too late is not to end what follows
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Interrupts::arrived() const {
  const sigset_t awaited = only_sigint();
  const timespec now{};
  return sigtimedwait(&awaited, nullptr, &now) == SIGINT;
}

}  // namespace magnetite::cli
