#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/service.h"
#include "http/testing/fakes.h"
#include "process/cpu_profile.h"

namespace magnetite::http {
namespace {

using testing::HasSubstr;

class DebugEndpoints : public testing::Test {
 protected:
  DebugEndpoints() { service_.set_profiler(&profiler_); }

  Response get(std::string_view target, bool is_local = true,
               std::shared_ptr<query::sql::Cancellation> cancellation = nullptr) {
    Request request;
    request.method = "GET";
    const size_t question = std::min(target.find('?'), target.size());
    request.path = target.substr(0, question);
    request.parameters = Parameters::parse(target.substr(std::min(question + 1, target.size())));
    request.is_local = is_local;
    request.cancellation = std::move(cancellation);
    return service_.handle(std::move(request));
  }

  const std::unique_ptr<Executor> executor_ = make_thread_executor();
  process::CpuProfiler profiler_{*executor_};
  FakeServer server_;
  FakeEngine engine_;
  HttpOptions options_;
  access::Gatekeeper gatekeeper_{executor_->clock()};
  Service service_{server_, engine_, gatekeeper_, options_, executor_->clock()};
};

TEST_F(DebugEndpoints, AreForThisMachineOnly) {
  for (const char* path : {"/debug/pprof", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/profile"}) {
    const Response refused = get(path, false);
    EXPECT_EQ(refused.status, 403) << path;
    EXPECT_THAT(refused.body, HasSubstr("own machine"));
  }
  EXPECT_THAT(get("/debug/pprof").body, HasSubstr("/debug/pprof/profile"));
  EXPECT_EQ(get("/debug/pprof/").content_type, "text/html; charset=utf-8");
  EXPECT_EQ(get("/debug/pprof/goroutine").status, 404);
}

TEST_F(DebugEndpoints, TheHeapIsAReport) {
  const Response heap = get("/debug/pprof/heap");
  EXPECT_EQ(heap.status, 200);
  for (const char* part : {"libc arena", "arrow (", "duckdb", "<malloc version"})
    EXPECT_THAT(heap.body, HasSubstr(part));
}

TEST_F(DebugEndpoints, AProfileHasBounds) {
  for (const char* query : {"seconds=0", "seconds=301", "seconds=ten", "seconds=", "frequency=0", "frequency=1001"})
    EXPECT_EQ(get(std::string("/debug/pprof/profile?") + query).status, 400) << query;
}

TEST_F(DebugEndpoints, AProfileIsTakenOneAtATime) {
  const auto other = profiler_.begin(99);
  ASSERT_TRUE(other);
  EXPECT_EQ(get("/debug/pprof/profile?seconds=300").status, 409);
}

TEST_F(DebugEndpoints, AProfileEndsWhenTheClientIsGone) {
  const auto cancellation = std::make_shared<query::sql::Cancellation>();
  cancellation->cancel();
  const Response profile = get("/debug/pprof/profile?seconds=300", true, cancellation);
  EXPECT_EQ(profile.status, 200);
  EXPECT_EQ(profile.content_type, "application/octet-stream");
  EXPECT_THAT(profile.body, HasSubstr("http_test"));
}

TEST_F(DebugEndpoints, AProfileEndsWhenTheServerStops) {
  const Task stopper = executor_->spawn("stopper", [this] { profiler_.stop(); });
  EXPECT_THAT(get("/debug/pprof/profile?seconds=300").status, testing::AnyOf(200, 503));
}

}  // namespace
}  // namespace magnetite::http
