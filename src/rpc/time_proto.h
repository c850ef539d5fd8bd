// Times as protobuf has them.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include "base/clock.h"

namespace magnetite::rpc {

inline void set_time(WallTime time, google::protobuf::Timestamp& out) {
  constexpr int64_t kNanosPerSecond = 1'000'000'000;
  out.set_seconds(time.nanos / kNanosPerSecond);
  out.set_nanos(static_cast<int32_t>(time.nanos % kNanosPerSecond));
}

}  // namespace magnetite::rpc
