#include "base/clock.h"

namespace magnetite {
namespace {

class SystemClock final : public Clock {
 public:
  WallTime wall_now() const override { return {std::chrono::system_clock::now().time_since_epoch() / Duration(1)}; }
  MonoTime mono_now() const override { return {std::chrono::steady_clock::now().time_since_epoch() / Duration(1)}; }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

}  // namespace magnetite
