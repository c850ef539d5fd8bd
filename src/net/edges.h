// Who takes the connections that a listener has accepted.
#pragma once

#include <string_view>

namespace magnetite::net {

struct Arrival;  // stream.h

// Both are called from the listener's threads and must not block. They outlive the listener.
class HttpEdge {
 public:
  virtual ~HttpEdge() = default;
  virtual void serve(Arrival&& arrival) = 0;
};

class GrpcEdge {
 public:
  virtual ~GrpcEdge() = default;
  // A connected, non-blocking socket, from here on theirs, and what was read from it already.
  virtual void take(int descriptor, std::string_view first_bytes) = 0;
};

}  // namespace magnetite::net
