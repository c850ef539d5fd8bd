#include "metrics/families.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "metrics/call_metrics.h"

namespace magnetite::metrics {
namespace {

using testing::HasSubstr;

TEST(Families, AreWrittenOnceWithEveryValue) {
  Families families;
  Family rows = families.counter("rows_total", "Rows");
  families.gauge("empty", "Nothing");
  rows.add({{"db_name", "a\"b"}}, uint64_t{3});
  rows.add({{"db_name", "c"}}, uint64_t{4});
  families.gauge("level", "Level").add({}, 0.5);
  EXPECT_EQ(families.text(),
            "# HELP rows_total Rows\n# TYPE rows_total counter\nrows_total{db_name=\"a\\\"b\"} 3\n"
            "rows_total{db_name=\"c\"} 4\n# HELP level Level\n# TYPE level gauge\nlevel 0.5\n");
}

TEST(Families, BucketsOfAHistogramAddUp) {
  Families families;
  constexpr std::array<uint64_t, 2> kBounds = {1024, 4096};
  constexpr std::array<uint64_t, 3> kCounts = {1, 0, 2};
  families.histogram("size", "Size").add_histogram({}, kBounds, kCounts, 10'000);
  const std::string text = families.text();
  for (const char* line : {"size_bucket{le=\"1024\"} 1\n", "size_bucket{le=\"4096\"} 1\n",
                           "size_bucket{le=\"+Inf\"} 3\n", "size_count 3\n", "size_sum 10000\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(CallMetrics, CountByOutcome) {
  CallMetrics calls;
  calls.count_http("/write", "", CallOutcome::kClientError, std::chrono::milliseconds(3));
  calls.count_http("/write", "db", CallOutcome::kOk, std::chrono::milliseconds(3));
  calls.count_http("/write", "db", CallOutcome::kOk, std::chrono::milliseconds(30));
  calls.count_grpc("a.B/C", CallOutcome::kError, std::chrono::milliseconds(3));
  Families families;
  calls.collect(families);
  const std::string text = families.text();
  EXPECT_THAT(text, HasSubstr("http_requests_total{path=\"/write\",status=\"client_error\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("http_requests_total{db_name=\"db\",path=\"/write\",status=\"ok\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("gRPC_requests_total{operation=\"a.B/C\",status=\"error\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("gRPC_request_duration_seconds_count{operation=\"a.B/C\",status=\"error\"} 1\n"));
}

}  // namespace
}  // namespace magnetite::metrics
