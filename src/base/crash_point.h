// Named places where a test build can end the process or cut the simulated power: MAGNETITE_CRASH_POINT("log.synced").
// Compiled to nothing in release. Real processes read MAGNETITE_CRASH_AT=name[:nth] and _exit(137) there.
#pragma once

#include <functional>
#include <string_view>

namespace magnetite::crash_point {

using Handler = std::function<void(std::string_view name)>;

void reach(std::string_view name);
// Replaces the handler of this process (empty = the environment variable); for simulations and tests.
void set_handler(Handler handler);

}  // namespace magnetite::crash_point

#if defined(MAGNETITE_CRASH_POINTS)
#define MAGNETITE_CRASH_POINT(name) ::magnetite::crash_point::reach(name)
#else
#define MAGNETITE_CRASH_POINT(name) static_cast<void>(0)
#endif
