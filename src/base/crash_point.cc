#include "base/crash_point.h"

#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <string>

#include "base/mutex.h"

namespace magnetite::crash_point {
namespace {

Mutex handler_mutex;
Handler handler GUARDED_BY(handler_mutex);

struct FromEnvironment {
  std::string name;
  std::atomic<int> passes_left = 1;  // ends the process when it reaches 0

  FromEnvironment() {
    const char* text = std::getenv("MAGNETITE_CRASH_AT");
    if (text == nullptr) return;
    const std::string_view all = text;
    const size_t colon = all.find(':');
    name = all.substr(0, colon);
    if (colon == std::string_view::npos) return;
    int nth = 1;
    std::from_chars(all.data() + colon + 1, all.data() + all.size(), nth);
    passes_left = nth;
  }
};

}  // namespace

void reach(std::string_view name) {
  Handler current;
  {
    const MutexLock lock(handler_mutex);
    current = handler;
  }
  if (current) return current(name);
  static FromEnvironment environment;
  constexpr int kExitCodeAsIfKilled = 137;
  if (environment.name == name && --environment.passes_left == 0) _exit(kExitCodeAsIfKilled);
}

void set_handler(Handler new_handler) {
  const MutexLock lock(handler_mutex);
  handler = std::move(new_handler);
}

}  // namespace magnetite::crash_point
