// SQL over what was written, the same in every state a chunk can be in.
#include <gmock/gmock.h>

#include <thread>

#include "sql_harness.h"

namespace magnetite::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Sql : public ::testing::TestWithParam<ChunkState> {
 protected:
  void write(const std::string& lines) { harness_.write(lines); }
  std::string query(const std::string& sql) {
    if (!settled_) harness_.settle();
    settled_ = true;
    return harness_.query(sql);
  }
  SqlHarness harness_{GetParam()};
  bool settled_ = false;
};

TEST_P(Sql, EveryColumnTypeComesBackExactly) {
  write(R"(m,host=a,region=eu f=21.0,i=-9223372036854775808i,u=18446744073709551615u,s="x,\"y\"",b=t 1500000000123456789
m,host=b f=1e300,i=9223372036854775807i,s="",b=f 1500000000123456790)");
  EXPECT_EQ(query("SELECT * FROM m ORDER BY time"),
            "b,f,host,i,region,s,time,u\n"
            "true,21.0,a,-9223372036854775808,eu,\"x,\"\"y\"\"\",2017-07-14T02:40:00.123456789,18446744073709551615\n"
            "false,1e+300,b,9223372036854775807,,\"\",2017-07-14T02:40:00.123456790,\n");
  EXPECT_EQ(query("SELECT u, b FROM m ORDER BY time"), "u,b\n18446744073709551615,true\n,false\n");
}

TEST_P(Sql, FiltersOnEveryType) {
  write("m,t=a f=1.5,i=1i,u=1u,s=\"p\",b=t 1\nm,t=b f=2.5,i=2i,u=2u,s=\"q\",b=f 2\nm f=3.5 3");
  EXPECT_EQ(query("SELECT i FROM m WHERE f > 1.5 AND f < 3"), "i\n2\n");
  EXPECT_EQ(query("SELECT f FROM m WHERE i = 1"), "f\n1.5\n");
  EXPECT_EQ(query("SELECT f FROM m WHERE u >= 2"), "f\n2.5\n");
  EXPECT_EQ(query("SELECT f FROM m WHERE s = 'q'"), "f\n2.5\n");
  EXPECT_EQ(query("SELECT f FROM m WHERE b"), "f\n1.5\n");
  EXPECT_EQ(query("SELECT f FROM m WHERE t = 'b'"), "f\n2.5\n");
  EXPECT_EQ(query("SELECT f FROM m WHERE t IN ('b', 'x')"), "f\n2.5\n");
  EXPECT_EQ(query("SELECT f FROM m WHERE t <> 'b'"), "f\n1.5\n");
  EXPECT_EQ(query("SELECT f FROM m WHERE t IS NULL"), "f\n3.5\n");
  EXPECT_EQ(query("SELECT f FROM m WHERE t LIKE 'a%' OR i = 2 ORDER BY f"), "f\n1.5\n2.5\n");
  EXPECT_EQ(query("SELECT f FROM m WHERE 2.0 < f AND t = 'b'"), "f\n2.5\n");
}

TEST_P(Sql, TimeFiltersKeepNanoseconds) {
  write("m x=1i 1617286224000000000\nm x=2i 1617286224000000001\nm x=3i 1617286224000000002");
  EXPECT_EQ(query("SELECT x FROM m WHERE time > '2021-04-01T14:10:24.000000001'"), "x\n3\n");
  EXPECT_EQ(query("SELECT x FROM m WHERE time >= '2021-04-01T14:10:24.000000001Z' ORDER BY x"), "x\n2\n3\n");
  EXPECT_EQ(query("SELECT x FROM m WHERE time = '2021-04-01 14:10:24'"), "x\n1\n");
  EXPECT_EQ(
      query("SELECT x FROM m WHERE time BETWEEN '2021-04-01T14:10:24' AND '2021-04-01T14:10:24.000000001' ORDER BY x"),
      "x\n1\n2\n");
  EXPECT_EQ(query("SELECT x FROM m WHERE time < '2021-04-01T14:10:24'"), "");
  EXPECT_EQ(query("SELECT count(*) AS n FROM m WHERE time < now()"), "n\n3\n");
}

TEST_P(Sql, OffsetsOfTimeTextsCount) {
  write("m x=1i 1704060000000000000\nm x=2i 1704067200000000000");  // 2023-12-31T22:00:00Z, 2024-01-01T00:00:00Z
  for (const char* moment :
       {"'2024-01-01T00:00:00+02:00'", "'2023-12-31T22:00:00Z'", "'2023-12-31 17:00:00-05'",
        "to_timestamp('2024-01-01T00:00:00+02:00')", "TIMESTAMP '2024-01-01T00:00:00+02:00'",
        "TIMESTAMP_NS '2024-01-01T00:00:00+02:00'", "CAST('2024-01-01T00:00:00+02:00' AS TIMESTAMP)",
        "'2024-01-01T00:00:00+02:00'::TIMESTAMP_S", "date_trunc('hour', '2024-01-01T00:10:00+02:00'::TIMESTAMP_NS)"})
    EXPECT_EQ(query(std::string("SELECT x FROM m WHERE time = ") + moment), "x\n1\n") << moment;
  EXPECT_EQ(query("SELECT x FROM m WHERE time IN ('2024-01-01T00:00:00+02:00', '2020-01-01')"), "x\n1\n");
  EXPECT_EQ(query("SELECT x FROM m WHERE time > '2024-01-01T01:00:00+02:00'"), "x\n2\n");
  EXPECT_EQ(query("SELECT x FROM m WHERE time BETWEEN '2024-01-01T01:00:00+01:00' AND '2024-01-01T02:00:00+02:00'"),
            "x\n2\n");
  EXPECT_EQ(query("SELECT TRY_CAST('yesterday' AS TIMESTAMP_NS) IS NULL AS n"), "n\ntrue\n");
  EXPECT_THAT(query("SELECT x FROM m WHERE time > 'yesterday'"),
              StartsWith("error: invalid input: 'yesterday' is not a time: expected RFC 3339"));
  EXPECT_THAT(query("SELECT x FROM m WHERE time < '9999-12-31'"), HasSubstr("outside of the times that can be stored"));
}

TEST_P(Sql, FunctionsOfTimeKeepNanoseconds) {
  write("m x=1i 1617286224123456789");
  EXPECT_EQ(query("SELECT date_trunc('minute', time) AS t FROM m"), "t\n2021-04-01T14:10:00\n");
  EXPECT_EQ(query("SELECT date_trunc('microsecond', time) AS t FROM m"), "t\n2021-04-01T14:10:24.123456\n");
  EXPECT_EQ(query("SELECT time_bucket(INTERVAL '1 hour', time) AS t FROM m"), "t\n2021-04-01T14:00:00\n");
  EXPECT_EQ(query("SELECT date_bin(INTERVAL '1 hour', time) AS t FROM m"), "t\n2021-04-01T14:00:00\n");
  EXPECT_EQ(query("SELECT date_bin(INTERVAL '10 minutes', time, TIMESTAMP '1970-01-01T00:05:00') AS t FROM m"),
            "t\n2021-04-01T14:05:00\n");
  EXPECT_EQ(query("SELECT time + INTERVAL '1 second' AS t FROM m"), "t\n2021-04-01T14:10:25.123456789\n");
  EXPECT_EQ(query("SELECT time - INTERVAL '1 month' AS t FROM m"), "t\n2021-03-01T14:10:24.123456789\n");
  EXPECT_EQ(query("SELECT max(time) AS t FROM m"), "t\n2021-04-01T14:10:24.123456789\n");
  EXPECT_EQ(query("SELECT to_timestamp('2021-04-01T14:10:24.123456789Z') = time AS same FROM m"), "same\ntrue\n");
}

TEST_P(Sql, TheLastValueOfEachFieldWins) {
  write("m,t=a f1=1i,f2=10i 5");
  write("m,t=a f1=2i 5");
  write("m,t=a f3=3i 5\nm,t=b f1=7i 5");
  EXPECT_EQ(query("SELECT t, f1, f2, f3 FROM m ORDER BY t"), "t,f1,f2,f3\na,2,10,3\nb,7,,\n");
  EXPECT_EQ(query("SELECT count(*) AS n FROM m"), "n\n2\n");
  EXPECT_EQ(query("SELECT t FROM m WHERE f1 = 1"), "") << "an overwritten value matches nothing";
  EXPECT_EQ(query("SELECT f2 FROM m WHERE t = 'a'"), "f2\n10\n");
}

TEST_P(Sql, TagOrderAndSpellingDoNotMatter) {
  write("m,a=1,b=x\\,y f=1i 5");
  write("m,b=x\\,y,a=1 f=2i 5");
  EXPECT_EQ(query("SELECT a, b, f FROM m"), "a,b,f\n1,\"x,y\",2\n");
}

TEST_P(Sql, NullTagsAreAnIdentityOfTheirOwn) {
  write("m f=1i 5\nm,a=1 f=2i 5");
  write("m f=3i 5");
  EXPECT_EQ(query("SELECT a, f FROM m ORDER BY f"), "a,f\n1,2\n,3\n");
}

TEST_P(Sql, AggregatesAndGroups) {
  write("cpu,host=a u=1i 0\ncpu,host=a u=2i 60000000000\ncpu,host=b u=5i 0\ncpu,host=b u=6i 3600000000000");
  EXPECT_EQ(query("SELECT host, sum(u) AS s, avg(u) AS a FROM cpu GROUP BY host ORDER BY host"),
            "host,s,a\na,3,1.5\nb,11,5.5\n");
  EXPECT_EQ(query("SELECT date_trunc('hour', time) AS h, max(u) AS m FROM cpu GROUP BY h ORDER BY h"),
            "h,m\n1970-01-01T00:00:00,5\n1970-01-01T01:00:00,6\n");
  EXPECT_EQ(query("SELECT count(*) AS n FROM cpu WHERE host = 'nobody'"), "n\n0\n");
}

TEST_P(Sql, ManyPartitionsAndSeries) {
  std::string lines;
  for (int64_t day = 0; day < 5; ++day)
    for (int host = 0; host < 50; ++host)
      for (int64_t i = 0; i < 20; ++i)
        lines += "m,host=h" + std::to_string(host) + " v=" + std::to_string(i) + "i " +
                 std::to_string(day * 86'400'000'000'000 + i * 1'000'000'000) + "\n";
  write(lines);
  EXPECT_EQ(query("SELECT count(*) AS n, sum(v) AS s, count(DISTINCT host) AS h FROM m"), "n,s,h\n5000,47500,50\n");
  EXPECT_EQ(query("SELECT count(*) AS n FROM m WHERE host = 'h7' AND time >= '1970-01-03'"), "n\n60\n");
  EXPECT_EQ(query("SELECT sum(v) AS s FROM m WHERE host IN ('h1', 'h2') AND time < '1970-01-01T00:00:10'"), "s\n90\n");
}

TEST_P(Sql, SchemasGrowBetweenWrites) {
  write("m,a=1 x=1i 1");
  EXPECT_EQ(query("SELECT * FROM m"), "a,time,x\n1,1970-01-01T00:00:00.000000001,1\n");
  write("m,a=1,b=2 y=2.5 2");
  EXPECT_EQ(query("SELECT * FROM m ORDER BY time"),
            "a,b,time,x,y\n1,,1970-01-01T00:00:00.000000001,1,\n1,2,1970-01-01T00:00:00.000000002,,2.5\n");
}

TEST_P(Sql, TimesAtBothEnds) {
  write("m x=1i -9223372036854775808\nm x=2i 9223372036854775807");
  EXPECT_EQ(query("SELECT x FROM m ORDER BY time"), "x\n1\n2\n");
  EXPECT_EQ(query("SELECT count(*) AS n FROM m WHERE time < '1970-01-01'"), "n\n1\n");
  EXPECT_EQ(query("SELECT x FROM m WHERE time = '1677-09-21T00:12:43.145224192Z'"), "x\n1\n");
  EXPECT_EQ(query("SELECT x FROM m WHERE time >= '2262-04-11T23:47:16.854775807Z'"), "x\n2\n");
  EXPECT_EQ(query("SELECT x FROM m WHERE time = to_timestamp('2262-04-12T01:47:16.854775807+02:00')"), "x\n2\n");
  EXPECT_THAT(query("SELECT date_trunc('day', time) FROM m"), HasSubstr("the result is before 1677"));
}

TEST_P(Sql, NamesWithQuotesSpacesAndUnicode) {
  write("my\\ table,my\\ tag=x my\\ field=1i,ünï=2i 1");
  EXPECT_EQ(query("SELECT \"my field\", \"my tag\", \"ünï\" FROM \"my table\""), "my field,my tag,ünï\n1,x,2\n");
}

TEST_P(Sql, NamesThatDifferByCaseStayApart) {
  write("m,Tag=a Temp=1i,temp=2i,TEMP=3i 1\nm,tag=b Temp=4i 2");
  EXPECT_EQ(query("SELECT \"Temp\", \"temp$2\", \"TEMP$3\" FROM m ORDER BY time"), "Temp,temp$2,TEMP$3\n1,2,3\n4,,\n");
  EXPECT_THAT(query("DESCRIBE m"), HasSubstr("temp$2"));
}

std::string name_of(const ::testing::TestParamInfo<ChunkState>& state) {
  static constexpr const char* kNames[] = {"Open",      "Frozen",   "Replayed", "Compacted",
                                           "Persisted", "Unloaded", "Restored"};
  return kNames[static_cast<size_t>(state.param)];
}

INSTANTIATE_TEST_SUITE_P(States, Sql,
                         ::testing::Values(ChunkState::kOpen, ChunkState::kFrozen, ChunkState::kReplayed,
                                           ChunkState::kCompacted, ChunkState::kPersisted, ChunkState::kUnloaded,
                                           ChunkState::kRestored),
                         name_of);

class SqlSurface : public ::testing::Test {
 protected:
  SqlHarness harness_{ChunkState::kOpen};
};

TEST_F(SqlSurface, TablesAndColumnsAreListed) {
  harness_.write("cpu,host=a usage=1.5 1\nmem free=1u 1");
  EXPECT_EQ(harness_.query("SHOW TABLES"),
            "table_catalog,table_schema,table_name,table_type\npublic,db,cpu,BASE TABLE\npublic,db,mem,BASE TABLE\n");
  EXPECT_THAT(harness_.query("SHOW COLUMNS FROM cpu"), HasSubstr("public,db,cpu,time,TIMESTAMP_NS,NO\n"));
  EXPECT_THAT(harness_.query("DESCRIBE cpu"), HasSubstr("usage,DOUBLE,YES"));
  EXPECT_EQ(harness_.query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'db' ORDER BY 1"),
            "table_name\ncpu\nmem\n");
  EXPECT_EQ(harness_.query(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'mem' ORDER BY 1"),
            "column_name,data_type\nfree,UBIGINT\ntime,TIMESTAMP_NS\n");
  EXPECT_EQ(harness_.query("SHOW DATABASES"), "db_name\ndb\n");
  EXPECT_THAT(harness_.query("EXPLAIN SELECT * FROM cpu"), Not(StartsWith("error")));
}

TEST_F(SqlSurface, DatabasesJoin) {
  harness_.write("a,k=x v=1i 1");
  harness_.write("b,k=x w=2i 1", "other");
  EXPECT_EQ(harness_.query("SELECT a.k, v, w FROM a JOIN other.b ON a.k = b.k"), "k,v,w\nx,1,2\n");
  EXPECT_EQ(harness_.query("SELECT v FROM iox.a"), "v\n1\n");
  EXPECT_EQ(harness_.query("SELECT v FROM public.iox.a"), "v\n1\n");
}

TEST_F(SqlSurface, OnlyReadingIsAllowed) {
  harness_.write("m x=1i 1");
  for (const char* sql : {"CREATE TABLE t(x int)",
                          "INSERT INTO m VALUES (1)",
                          "DELETE FROM m",
                          "UPDATE m SET x = 2",
                          "DROP TABLE m",
                          "ALTER TABLE m ADD COLUMN y int",
                          "COPY m TO '/tmp/x.csv'",
                          "ATTACH '/tmp/x.db'",
                          "DETACH public",
                          "SET threads = 1",
                          "PRAGMA database_list",
                          "INSTALL httpfs",
                          "LOAD httpfs",
                          "CHECKPOINT",
                          "VACUUM",
                          "BEGIN",
                          "EXPORT DATABASE '/tmp/x'",
                          "CREATE TEMP TABLE t AS SELECT 1",
                          "EXPLAIN ANALYZE DELETE FROM m",
                          "CALL pragma_version()",
                          "PREPARE p AS SELECT 1"})
    EXPECT_THAT(harness_.query(sql), HasSubstr("are not allowed")) << sql;
  EXPECT_EQ(harness_.query("SELECT 1 AS a; SELECT 2 AS a"),
            "error: invalid input: exactly one statement is expected, this text has 2");
  EXPECT_THAT(harness_.query(""), StartsWith("error: invalid input"));
}

TEST_F(SqlSurface, NothingReachesTheMachine) {
  harness_.write("m x=1i 1");
  for (const char* sql : {"SELECT * FROM '/etc/passwd'", "SELECT * FROM read_csv('/etc/passwd')",
                          "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM read_blob('/etc/passwd')",
                          "SELECT * FROM read_parquet('/tmp/x.parquet')", "SELECT * FROM glob('/*')",
                          "SELECT * FROM read_json('/etc/passwd')", "SELECT * FROM sniff_csv('/etc/passwd')"})
    EXPECT_THAT(harness_.query(sql), StartsWith("error: ")) << sql;
}

TEST_F(SqlSurface, WrongSqlIsExplained) {
  harness_.write("m x=1i 1");
  EXPECT_THAT(harness_.query("SELEC 1"), StartsWith("error: invalid input: "));
  EXPECT_THAT(harness_.query("SELECT * FROM nothere"), HasSubstr("Table or CTE with name 'nothere' not found"));
  EXPECT_THAT(harness_.query("SELECT nope FROM m"), StartsWith("error: invalid input: "));
  EXPECT_THAT(harness_.query("SELECT 1", "nodb"), StartsWith("error: not found: Database nodb not found"));
  EXPECT_THAT(harness_.query("SELECT '" + std::string(2 << 20, 'x') + "'"), StartsWith("error: too large"));
}

TEST_F(SqlSurface, AWrongArgumentEndsItsStatementOnly) {
  harness_.write("m x=1i 1");
  for (const char* sql :
       {"SELECT date_trunc('fortnight', time) FROM m", "SELECT date_bin(INTERVAL '0 seconds', time) FROM m",
        "SELECT time_bucket(INTERVAL '0 seconds', time) FROM m", "SELECT time + INTERVAL '5000 years' FROM m",
        "SELECT to_timestamp('yesterday') FROM m"}) {
    EXPECT_THAT(harness_.query(sql), StartsWith("error: invalid input")) << sql;
    EXPECT_EQ(harness_.query("SELECT x FROM m"), "x\n1\n") << "after " << sql;
  }
}

TEST_F(SqlSurface, DeepBracketsAreRefusedAtOnce) {
  harness_.write("m x=1i 1");
  const std::string deep = "SELECT " + std::string(100'000, '(') + "1" + std::string(100'000, ')');
  EXPECT_THAT(harness_.query(deep), HasSubstr("nested deeper than 200 levels"));
  EXPECT_EQ(harness_.query("SELECT ((((x)))) AS x FROM m WHERE '((((' <> ''"), "x\n1\n");
}

TEST_F(SqlSurface, ParametersAreBound) {
  harness_.write("m,h=a x=1i 1\nm,h=b x=2i 2");
  auto rows = harness_.engine().execute({"db",
                                         "SELECT x FROM m WHERE h = $host AND x > $least",
                                         {{"host", std::string("b")}, {"least", int64_t{1}}},
                                         nullptr});
  ASSERT_TRUE(rows) << rows.error().describe();
  EXPECT_NE((*rows)->next().value(), nullptr);
}

TEST(SqlLimits, EndlessStatementsEndAtTheirDeadline) {
  query::sql::EngineOptions options;
  options.timeout = std::chrono::milliseconds(100);
  SqlHarness harness(ChunkState::kOpen, options);
  harness.write("m x=1i 1");
  EXPECT_THAT(harness.query("SELECT count(*) FROM range(100000000) a, range(100000000) b"),
              StartsWith("error: deadline exceeded"));
  EXPECT_EQ(harness.query("SELECT x FROM m"), "x\n1\n");
}

TEST(SqlLimits, SomebodyElseCanCancel) {
  SqlHarness harness(ChunkState::kOpen);
  harness.write("m x=1i 1");
  const auto cancellation = std::make_shared<query::sql::Cancellation>();
  cancellation->cancel();
  auto rows =
      harness.engine().execute({"db", "SELECT count(*) FROM range(100000000) a, range(100000000) b", {}, cancellation});
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code(), ErrorCode::kCancelled);
}

TEST(SqlLimits, MemoryIsBounded) {
  query::sql::EngineOptions options;
  options.memory_bytes_max = 64 << 20;
  SqlHarness harness(ChunkState::kOpen, options);
  harness.write("m x=1i 1");
  EXPECT_THAT(harness.query("SELECT count(*) FROM (SELECT DISTINCT range, hash(range) h FROM range(50000000))"),
              StartsWith("error: resource exhausted"));
  EXPECT_EQ(harness.query("SELECT x FROM m"), "x\n1\n");
}

TEST(SqlConcurrency, ReadersAndWritersGoTogether) {
  SqlHarness harness(ChunkState::kFrozen);
  harness.write("m,h=a x=1i 0");
  std::vector<std::jthread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&harness] {
      for (int i = 0; i < 30; ++i)
        EXPECT_THAT(harness.query("SELECT count(*) AS n, max(x) AS m FROM m"), StartsWith("n,m\n"));
    });
  for (int i = 1; i <= 60; ++i) harness.write("m,h=a x=" + std::to_string(i) + "i " + std::to_string(i));
  threads.clear();
  EXPECT_EQ(harness.query("SELECT count(*) AS n, max(x) AS m FROM m"), "n,m\n61,60\n");
}

}  // namespace
}  // namespace magnetite::testing
