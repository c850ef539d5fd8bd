// Questions about the ends of series read only those. The answers must be the ones that a scan of everything gives: a
// limit in between keeps the optimizer from narrowing the scan.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <random>

#include "sql_harness.h"

namespace magnetite::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kWhole = "(SELECT * FROM m LIMIT 1000000000)";

// `rows` lines in several writes that overlap, so that chunks do; fields and tags are missing now and then, and
// identities come again.
void write_random(SqlHarness& harness, std::mt19937& dice, int rows, int instants) {
  const auto pick = [&](int bound) { return static_cast<int>(dice() % static_cast<unsigned>(bound)); };
  std::string lines;
  for (int i = 0; i < rows; ++i) {
    lines += "m";
    if (pick(8) != 0) lines += fmt::format(",host=h{}", pick(5));
    if (pick(4) != 0) lines += fmt::format(",region=r{}", pick(2));
    lines += fmt::format(" n={}i", pick(100));
    if (pick(3) == 0) lines += fmt::format(",f={}.5", pick(50));
    if (pick(6) == 0) lines += fmt::format(",s=\"text of {}\"", pick(10));
    lines += fmt::format(" {}\n", 1'000'000'000LL * (pick(instants) + 1));
    if (pick(rows / 4) == 0) {
      harness.write(lines);
      lines.clear();
    }
  }
  if (!lines.empty()) harness.write(lines);
}

class SeriesEnds : public ::testing::TestWithParam<ChunkState> {};

TEST_P(SeriesEnds, AnswersAreThoseOfAScanOfEverything) {
  // {0} is the table. Ties are broken by every column, so that an answer is one text.
  const std::vector<std::string> statements = {
      "SELECT host, max(time) AS t FROM {0} GROUP BY host ORDER BY host",
      "SELECT min(time) AS a, max(time) AS b FROM {0}",
      "SELECT host, region, arg_max(n, time) AS n, arg_max(f, time) AS f, arg_max(s, time) AS s FROM {0} "
      "GROUP BY host, region ORDER BY host, region",
      "SELECT host, region, last(f ORDER BY time) AS f, first(n ORDER BY time) AS n FROM {0} "
      "GROUP BY host, region ORDER BY host, region",
      "SELECT host, region, arg_min(n, time) AS n, arg_min(f, time) AS f FROM {0} GROUP BY host, region "
      "ORDER BY host, region",
      "SELECT upper(host) AS h, max(time) AS t FROM {0} WHERE host LIKE '%2' OR region = 'r1' GROUP BY h ORDER BY h",
      "SELECT host, max(time) AS t FROM {0} WHERE time < '1970-01-01T00:00:20' GROUP BY host ORDER BY host",
      "SELECT host, max(time) AS t FROM {0} WHERE n > 50 GROUP BY host ORDER BY host",
      "SELECT host, max(time) AS t, count(*) AS c FROM {0} GROUP BY host ORDER BY host",
      "SELECT host, max(time) FILTER (WHERE n > 90) AS t FROM {0} GROUP BY host ORDER BY host",
      "SELECT date_trunc('minute', time) AS minute, max(time) AS t FROM {0} GROUP BY minute ORDER BY minute",
      "SELECT DISTINCT host, region FROM {0} ORDER BY host, region",
      "SELECT DISTINCT ON (host, region) * FROM {0} ORDER BY host, region, time DESC",
      "SELECT DISTINCT ON (host, region) * FROM {0} WHERE time > '1970-01-01T00:00:10' ORDER BY host, region, time",
      "SELECT * FROM {0} ORDER BY time DESC, host, region LIMIT 7",
      "SELECT * FROM {0} WHERE host <> 'h1' ORDER BY time, host, region LIMIT 5 OFFSET 2",
      "SELECT * FROM {0} ORDER BY n, time, host, region LIMIT 5",
      "SELECT c.* FROM {0} c JOIN (SELECT host, max(time) AS time FROM {0} GROUP BY host) l "
      "ON c.host = l.host AND c.time = l.time ORDER BY c.host, c.region, c.time",
      "SELECT c.* FROM {0} c JOIN (SELECT host, max(time) AS time FROM {0} WHERE time < '1970-01-01T00:00:20' "
      "GROUP BY host) l ON c.host = l.host AND c.time = l.time ORDER BY c.host, c.region, c.time",
      "SELECT c.* FROM {0} c JOIN (SELECT host, max(time) AS time FROM {0} WHERE region = 'r0' GROUP BY host) l "
      "ON c.host = l.host AND c.time = l.time ORDER BY c.host, c.region, c.time",
      "SELECT c.* FROM {0} c JOIN (SELECT max(time) AS time FROM {0}) l ON c.time = l.time WHERE c.n > 20 "
      "ORDER BY c.host, c.region",
      "SELECT * FROM {0} c WHERE time = (SELECT max(time) FROM {0} d WHERE d.host = c.host) ORDER BY host, region",
      "SELECT host, n, time FROM {0} QUALIFY row_number() OVER (PARTITION BY host, region ORDER BY time DESC) = 1 "
      "ORDER BY ALL",
      "SELECT * FROM {0} WHERE n > 80 ORDER BY ALL",
      "SELECT * FROM {0} WHERE f >= 20 AND s = 'text of 3' ORDER BY ALL",
  };
  for (unsigned seed = 1; seed <= 3; ++seed) {
    std::mt19937 dice(seed);
    SqlHarness harness(GetParam());
    write_random(harness, dice, seed == 1 ? 40 : 3'000, seed == 2 ? 30 : 100'000);
    harness.settle();
    for (const std::string& statement : statements) {
      const std::string narrow = fmt::format(fmt::runtime(statement), "m");
      EXPECT_EQ(harness.query(narrow), harness.query(fmt::format(fmt::runtime(statement), kWhole)))
          << "seed " << seed << ": " << narrow;
    }
  }
}

TEST_P(SeriesEnds, PlansSayWhatTheyRead) {
  SqlHarness harness(GetParam());
  harness.write("m,host=a n=1i 1\nm,host=a n=2i 2");
  harness.settle();
  const auto plan = [&](const std::string& sql) { return harness.query("EXPLAIN " + sql); };
  const auto narrowed = HasSubstr("the ends of each");
  EXPECT_THAT(plan("SELECT host, max(time) FROM m GROUP BY host"), narrowed);
  EXPECT_THAT(plan("SELECT host, arg_max(n, time) FROM m WHERE host = 'a' AND time > '1970-01-01' GROUP BY host"),
              narrowed);
  EXPECT_THAT(plan("SELECT DISTINCT ON (host) * FROM m ORDER BY host, time DESC"), narrowed);
  EXPECT_THAT(plan("SELECT * FROM m ORDER BY time DESC LIMIT 3"), narrowed);
  EXPECT_THAT(plan("SELECT max(time) FROM m WHERE n > 1"), Not(narrowed));
  EXPECT_THAT(plan("SELECT n, max(time) FROM m GROUP BY n"), Not(narrowed));
}

INSTANTIATE_TEST_SUITE_P(States, SeriesEnds,
                         ::testing::Values(ChunkState::kOpen, ChunkState::kFrozen, ChunkState::kReplayed,
                                           ChunkState::kUnloaded, ChunkState::kRestored));

}  // namespace
}  // namespace magnetite::testing
