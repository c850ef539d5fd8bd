// Sees every call of every service: gives it a request id, counts it, and logs it once when it has ended.
#pragma once

#include <memory>

#include "base/clock.h"

namespace grpc::experimental {
class ServerInterceptorFactoryInterface;
}
namespace magnetite::metrics {
class CallMetrics;
}

namespace magnetite::rpc {

// Makes one interceptor a call. Both parameters outlive the server.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> make_call_observers(metrics::CallMetrics& calls,
                                                                                           Clock& clock);

}  // namespace magnetite::rpc
