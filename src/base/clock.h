// Time comes from outside: nothing in the engine calls std::chrono's clocks.
#pragma once

#include <chrono>
#include <cstdint>

namespace magnetite {

using Duration = std::chrono::nanoseconds;

// Wall clock, nanoseconds since the Unix epoch. May jump.
struct WallTime {
  int64_t nanos = 0;
  auto operator<=>(const WallTime&) const = default;
};

// Monotonic clock of this process; only differences mean something. A deadline is one of these.
struct MonoTime {
  int64_t nanos = 0;
  auto operator<=>(const MonoTime&) const = default;
  friend MonoTime operator+(MonoTime time, Duration delta) { return {time.nanos + delta.count()}; }
  friend Duration operator-(MonoTime later, MonoTime earlier) { return Duration(later.nanos - earlier.nanos); }
};

inline constexpr MonoTime kNever{INT64_MAX};

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall_now() const = 0;
  virtual MonoTime mono_now() const = 0;
};

// The operating system's clocks. Lives as long as the process.
Clock& system_clock();

}  // namespace magnetite
