// Ctrl-C as a question instead of an end. To be made before any thread starts: those inherit the blocked signal.
#pragma once

#include <signal.h>

namespace magnetite::cli {

// While one exists, SIGINT waits to be asked for; afterwards it ends the process again. At most one at a time.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  // True once for each Ctrl-C since the last question.
  bool arrived() const;

 private:
  sigset_t before_{};
};

}  // namespace magnetite::cli
