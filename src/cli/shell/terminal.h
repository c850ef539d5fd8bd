// The shell on a terminal: lines are edited, kept, completed and coloured by isocline.
#pragma once

#include "base/result.h"

namespace magnetite::cli {
class Interrupts;
}

namespace magnetite::cli::shell {

class Session;

// Until the person leaves. What goes wrong is said and ends nothing. Call it once in a process.
void run_terminal(Session& session, const Interrupts& interrupts);

}  // namespace magnetite::cli::shell
