// A store slowed down by fixed times, to see what a distant store does to a server without having one.
#pragma once

#include <memory>

#include "base/executor.h"
#include "object_store/object_store.h"

namespace magnetite::object_store {

struct Throttle {
  Duration call = {};                     // each call, a piece of a streamed put included
  Duration thousand_listed_entries = {};  // each started thousand
  Duration byte = {};                     // put or got
};

// 100 ms a call and for a thousand entries, 1 ns a byte.
inline constexpr Throttle kDistantStore{std::chrono::milliseconds(100), std::chrono::milliseconds(100),
                                        std::chrono::nanoseconds(1)};

// Waits through `executor`, which outlives it.
std::unique_ptr<ObjectStore> make_throttled_store(std::unique_ptr<ObjectStore> inner, Executor& executor,
                                                  Throttle throttle);

}  // namespace magnetite::object_store
