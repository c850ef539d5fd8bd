// Every endpoint without a socket: what reaches the server, and what is answered.
#include "http/service.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/logging.h"
#include "http/status.h"
#include "http/testing/fakes.h"

namespace magnetite::http {
namespace {

using line_protocol::Precision;
using testing::HasSubstr;
using testing::Not;

class ServiceTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { log::configure({.level = log::Level::kError, .format = {}, .to_stderr = false}); }

  Response ask(std::string method, std::string_view target, std::string body = {}) {
    Request request;
    request.method = std::move(method);
    const size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string_view::npos) request.parameters = Parameters::parse(target.substr(question + 1));
    request.body = std::move(body);
    request.content_type = content_type;
    return service.handle(std::move(request));
  }
  Response post(std::string_view target, std::string body = "m v=1i") { return ask("POST", target, std::move(body)); }
  Response get(std::string_view target) { return ask("GET", target); }

  // The input that reaches the server.
  SeenWrite written(std::string_view target) {
    EXPECT_EQ(post(target).status, 204) << target;
    return server.writes().back();
  }
  void answer_with(database::WriteReport report) {
    server.on_write = [report](std::string_view, const database::WriteInput&) { return report; };
  }
  void fail_with(ErrorCode code) {
    server.on_write = [code](std::string_view, const database::WriteInput&) -> Result<database::WriteReport> {
      return fail(code, "the \"reason\"");
    };
  }

  FakeServer server;
  FakeEngine engine;
  HttpOptions options;
  access::Gatekeeper gatekeeper{system_clock()};
  Service service{server, engine, gatekeeper, options, system_clock()};
  std::string content_type;
};

database::WriteReport partial() {
  database::WriteReport report;
  report.lines_accepted = 2;
  report.lines_rejected = 2;
  report.errors = {{2, 5, "bad \"value\"", "m v=\xff"}, {6, 3, "empty tag", "m,=a v=1i"}};
  report.limit_errors = {false, true};
  return report;
}

TEST_F(ServiceTest, WritesReachTheDatabaseTheyName) {
  EXPECT_EQ(written("/api/v3/write_lp?db=d").database, "d");
  EXPECT_EQ(written("/api/v3/write_lp?db=d&org=o&colour=green").database, "d");
  EXPECT_EQ(written("/write?db=d&u=user&p=secret&consistency=all").database, "d");
  EXPECT_EQ(written("/write?db=d&rp=").database, "d");
  EXPECT_EQ(written("/write?db=d&rp=autogen").database, "d");
  EXPECT_EQ(written("/write?db=d&rp=default").database, "d");
  EXPECT_EQ(written("/write?db=d&rp=week").database, "d/week");
}

TEST_F(ServiceTest, BucketIsTheDatabaseUnlessTheOldNameOfItsOrganisationExists) {
  server.add_database("my%5Forg_bucket%3F");
  server.add_database("_bucket");
  EXPECT_EQ(written("/api/v2/write?bucket=bucket").database, "bucket");
  EXPECT_EQ(written("/api/v2/write?bucket=bucket&org=").database, "bucket");
  EXPECT_EQ(written("/api/v2/write?bucket=bucket&org=other").database, "bucket");
  EXPECT_EQ(written("/api/v2/write?bucket=bucket%3F&org=my_org").database, "my%5Forg_bucket%3F");
}

TEST_F(ServiceTest, PrecisionHasItsDefaultByApi) {
  EXPECT_EQ(written("/api/v3/write_lp?db=d").input.precision, Precision::kAuto);
  EXPECT_EQ(written("/api/v3/write_lp?db=d&precision=millisecond").input.precision, Precision::kMilliseconds);
  EXPECT_EQ(written("/api/v2/write?bucket=d").input.precision, Precision::kNanoseconds);
  EXPECT_EQ(written("/api/v2/write?bucket=d&precision=s").input.precision, Precision::kSeconds);
  EXPECT_EQ(written("/write?db=d").input.precision, Precision::kNanoseconds);
  EXPECT_EQ(written("/write?db=d&precision=h").input.precision, Precision::kHours);
  EXPECT_EQ(post("/write?db=d&precision=fortnight").status, 400);
}

TEST_F(ServiceTest, OnlyV3MayRefusePartialWrites) {
  EXPECT_TRUE(written("/api/v3/write_lp?db=d").input.accept_partial);
  EXPECT_FALSE(written("/api/v3/write_lp?db=d&accept_partial=false&no_sync=true").input.accept_partial);
  EXPECT_TRUE(written("/api/v2/write?bucket=d&accept_partial=false").input.accept_partial);
  EXPECT_THAT(post("/api/v3/write_lp?db=d&accept_partial=maybe").body, HasSubstr("accept_partial"));
}

TEST_F(ServiceTest, MissingNamesAreSaidInTheWordsOfEachApi) {
  EXPECT_EQ(post("/api/v3/write_lp").body, R"({"error":"parameter db is missing"})");
  EXPECT_EQ(post("/api/v2/write?db=d").body, R"({"code":"invalid","message":"parameter bucket is missing",)"
                                             R"("error":"parameter bucket is missing","error_code":100})");
  EXPECT_EQ(post("/write").body, R"({"error":"parameter db is missing"})");
  EXPECT_TRUE(server.writes().empty());
}

TEST_F(ServiceTest, PartialWritesAreReportedInTheWordsOfEachApi) {
  answer_with(partial());
  const Response v3 = post("/api/v3/write_lp?db=d");
  EXPECT_EQ(v3.status, 400);
  EXPECT_EQ(v3.content_type, "application/json");
  EXPECT_EQ(v3.body, R"({"error":"partial write of line protocol occurred","data":[)"
                     R"({"error_message":"column 5: bad \"value\"","line_number":2,"original_line":"m v=?"},)"
                     R"({"error_message":"column 3: empty tag","line_number":6,"original_line":"m,=a v=1i"}]})");
  EXPECT_EQ(post("/api/v3/write_lp?db=d&accept_partial=false").body,
            R"({"error":"parsing failed for write_lp endpoint: line protocol parsing error","data":)"
            R"({"error_message":"column 5: bad \"value\"","line_number":2,"original_line":"m v=?"}})");
  EXPECT_EQ(post("/write?db=d").body, R"({"error":"partial write: line 2, column 5: bad \"value\" dropped=2"})");
  EXPECT_THAT(post("/api/v2/write?bucket=d").body,
              HasSubstr(R"("message":"partial write: line 2, column 5: bad \"value\" dropped=2")"));
}

TEST_F(ServiceTest, NothingStoredIsNoPartialWriteForV1) {
  database::WriteReport report = partial();
  report.lines_accepted = 0;
  answer_with(report);
  EXPECT_THAT(post("/write?db=d").body, HasSubstr("unable to parse: line 2"));
}

TEST_F(ServiceTest, OnlyLimitsMakeItUnprocessable) {
  database::WriteReport report = partial();
  report.limit_errors = {true, true};
  answer_with(report);
  for (const std::string_view target : {"/api/v3/write_lp?db=d", "/api/v2/write?bucket=d", "/write?db=d"})
    EXPECT_EQ(post(target).status, 422);
}

TEST_F(ServiceTest, ErrorsHaveTheirStatus) {
  const std::vector<std::pair<ErrorCode, int>> statuses = {
      {ErrorCode::kInvalidInput, 400},      {ErrorCode::kLimitExceeded, 422},    {ErrorCode::kTooLarge, 413},
      {ErrorCode::kNotFound, 404},          {ErrorCode::kAlreadyExists, 409},    {ErrorCode::kFailedPrecondition, 409},
      {ErrorCode::kResourceExhausted, 429}, {ErrorCode::kUnavailable, 503},      {ErrorCode::kUnclear, 503},
      {ErrorCode::kShutdown, 503},          {ErrorCode::kDeadlineExceeded, 504}, {ErrorCode::kCorruption, 500},
      {ErrorCode::kInternal, 500}};
  for (const auto& [code, status] : statuses) {
    fail_with(code);
    const Response response = post("/api/v3/write_lp?db=d");
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.body, R"({"error":"the \"reason\""})");
    const bool may_repeat = status == 429 || status == 503;
    const std::pair<std::string, std::string> repeat = {"Retry-After", "1"};
    EXPECT_EQ(std::ranges::contains(response.headers, repeat), may_repeat);
  }
}

TEST_F(ServiceTest, DataPathsAreRefusedWhileNotServing) {
  server.set_serving(false);
  for (const std::string_view target :
       {"/api/v3/write_lp?db=d", "/api/v2/write?bucket=d", "/write?db=d", "/query?q=SHOW+DATABASES"})
    EXPECT_EQ(post(target).status, 503);
  EXPECT_EQ(get("/api/v3/query_sql?db=d&q=x").status, 503);
  for (const std::string_view target : {"/health", "/api/v1/health", "/ping", "/metrics", "/api/v1/status"})
    EXPECT_EQ(get(target).status, 200);
}

TEST_F(ServiceTest, PathsAndMethodsAreKnown) {
  EXPECT_EQ(get("/nowhere").status, 404);
  EXPECT_EQ(get("/nowhere").body, "Not found");
  const Response wrong = get("/write?db=d");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.front(), std::make_pair(std::string("Allow"), std::string("POST")));
  EXPECT_EQ(ask("DELETE", "/api/v3/query_sql").status, 405);
  EXPECT_EQ(ask("HEA", "/health").status, 405);
  EXPECT_EQ(ask("OPTIONS", "/api/v3/write_lp").status, 204);
}

TEST_F(ServiceTest, HealthAndPing) {
  EXPECT_EQ(get("/health").body, "OK");
  EXPECT_EQ(get("/api/v1/health").body, "OK");
  EXPECT_THAT(get("/ping").body, HasSubstr(R"("version":"0.1.0")"));
  EXPECT_EQ(post("/ping").status, 200);
  EXPECT_EQ(ask("HEAD", "/ping").status, 204);
}

// --- what v1 clients send first

TEST_F(ServiceTest, V1ClientsCreateAndListDatabases) {
  EXPECT_EQ(get("/query?q=SHOW+DATABASES").body,
            "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"databases\",\"columns\":[\"name\"],"
            "\"values\":[]}]}]}\n");
  content_type = "application/x-www-form-urlencoded";
  EXPECT_EQ(post("/query", "q=CREATE+DATABASE+%22tele+graf%22").body, "{\"results\":[{\"statement_id\":0}]}\n");
  content_type = "application/vnd.influxql";
  EXPECT_EQ(post("/query", "create database plain with duration 3d replication 1").status, 200);
  content_type.clear();
  EXPECT_EQ(post("/query?q=CREATE%20DATABASE%20plain", "").body, "{\"results\":[{\"statement_id\":0}]}\n");
  EXPECT_EQ(server.database_names(), (std::vector<std::string>{"plain", "tele graf"}));
  EXPECT_THAT(get("/query?q=show+databases").body, HasSubstr(R"("values":[["plain"],["tele graf"]])"));
}

TEST_F(ServiceTest, V1StatementsAreSeparatedOutsideQuotes) {
  const Response response = get(R"(/query?q=CREATE+DATABASE+"a;\"b"%3B;CREATE+DATABASE+IF+NOT+EXISTS+c;)");
  EXPECT_EQ(response.body, "{\"results\":[{\"statement_id\":0},{\"statement_id\":1}]}\n");
  EXPECT_EQ(server.database_names(), (std::vector<std::string>{"a;\"b", "c"}));
}

TEST_F(ServiceTest, V1FailedStatementStopsTheOthers) {
  const Response response = get("/query?q=SELECT+1%3BCREATE+DATABASE+d");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"({"statement_id":0,"error":"'SELECT 1' is not supported yet)"));
  EXPECT_THAT(response.body, HasSubstr(R"({"statement_id":1,"error":"not executed"})"));
  EXPECT_TRUE(server.database_names().empty());
  EXPECT_THAT(get("/query?q=CREATE+DATABASE+" + std::string(65, 'x')).body, HasSubstr("longer than 64 bytes"));
  EXPECT_EQ(get("/query").status, 400);
}

// --- queries

TEST_F(ServiceTest, QueryReachesTheEngineAndComesBackInItsFormat) {
  engine.on_execute = [](const query::sql::Statement&) {
    return make_rows({.rows = 3, .rows_per_batch = 2, .error_at_end = {}});
  };
  const Response json = post("/api/v3/query_sql", R"({"db":"d","q":"select n","params":{"a":1}})");
  EXPECT_EQ(json.body, R"([{"n":0},{"n":1},{"n":2}])");
  EXPECT_EQ(json.content_type, "application/json");
  const query::sql::Statement seen = engine.statements().back();
  EXPECT_EQ(seen.database, "d");
  EXPECT_EQ(seen.sql, "select n");
  ASSERT_EQ(seen.parameters.size(), 1);
  EXPECT_EQ(seen.parameters[0].first, "a");
  EXPECT_EQ(get("/api/v3/query_sql?db=d&q=x&format=csv").body, "n\n0\n1\n2\n");
  EXPECT_EQ(get("/api/v3/query_sql?db=d&q=x&format=jsonl").body, "{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n");
  EXPECT_THAT(get("/api/v3/query_sql?db=d&q=x&format=pretty").body, HasSubstr("| 2 |"));
}

TEST_F(ServiceTest, EmptyResultsHaveTheirShapes) {
  EXPECT_EQ(get("/api/v3/query_sql?db=d&q=x").body, "[]");
  EXPECT_EQ(get("/api/v3/query_sql?db=d&q=x&format=csv").body, "");
  EXPECT_EQ(get("/api/v3/query_sql?db=d&q=x&format=jsonl").body, "");
  EXPECT_EQ(get("/api/v3/query_sql?db=d&q=x&format=pretty").body, "++\n||\n++\n++\n");
}

TEST_F(ServiceTest, QueryErrorsHaveTheirStatus) {
  EXPECT_EQ(get("/api/v3/query_sql?db=d").status, 400);
  EXPECT_EQ(get("/api/v3/query_sql?q=x").status, 400);
  engine.on_execute = [](const query::sql::Statement&) -> Result<std::unique_ptr<query::sql::ResultStream>> {
    return fail(ErrorCode::kNotFound, "database 'd' is not known");
  };
  const Response missing = get("/api/v3/query_sql?db=d&q=x");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body, R"({"error":"database 'd' is not known"})");
}

TEST_F(ServiceTest, LargeResultIsHandedOutInPieces) {
  engine.on_execute = [](const query::sql::Statement&) {
    return make_rows({.rows = 100'000, .rows_per_batch = 50'000, .error_at_end = {}});
  };
  Response response = get("/api/v3/query_sql?db=d&q=x&format=csv");
  ASSERT_TRUE(response.next_piece);
  std::string body = response.body;
  size_t largest = body.size();
  for (bool more = true; more;) {
    std::string piece;
    more = response.next_piece(piece).value();
    largest = std::max(largest, piece.size());
    body += piece;
  }
  EXPECT_LT(largest, 200'000);
  EXPECT_TRUE(body.starts_with("n\n0\n1\n"));
  EXPECT_TRUE(body.ends_with("\n99999\n"));
  EXPECT_EQ(std::ranges::count(body, '\n'), 100'001);
}

// --- metrics and status

TEST_F(ServiceTest, MetricsCountRequestsByPathAndOutcome) {
  server.add_database("d");
  post("/api/v3/write_lp?db=d");
  fail_with(ErrorCode::kUnavailable);
  post("/api/v3/write_lp?db=d");
  get("/secret/path");
  service.set_edge_state([] { return EdgeState{.connections = 7, .writes_queued = 2}; });
  const Response response = get("/metrics");
  EXPECT_TRUE(response.content_type.starts_with("text/plain; version=0.0.4"));
  EXPECT_THAT(response.body, HasSubstr(R"(http_requests_total{db_name="d",path="/api/v3/write_lp",status="ok"} 1)"));
  EXPECT_THAT(response.body, HasSubstr(R"(http_requests_total{path="/api/v3/write_lp",status="error"} 1)"));
  EXPECT_THAT(response.body, HasSubstr(R"(http_requests_total{path="other",status="client_error"} 1)"));
  EXPECT_THAT(response.body, Not(HasSubstr("secret")));
  EXPECT_THAT(response.body, HasSubstr("# TYPE http_request_duration_seconds histogram"));
  EXPECT_THAT(response.body, HasSubstr(R"(ingest_points_total{db_name="d",status="ok"} 3)"));
  EXPECT_THAT(response.body, HasSubstr(R"(ingest_points_total{db_name="d",status="error"} 1)"));
  EXPECT_THAT(response.body, HasSubstr(R"(ingest_fields_total{db_name="d",status="ok"} 30)"));
  EXPECT_THAT(response.body, HasSubstr(R"(ingest_points_bytes_total{db_name="d",status="ok"} 345)"));
  EXPECT_THAT(response.body, HasSubstr(R"(magnetite_log_accepting{db_name="d"} 1)"));
  EXPECT_THAT(response.body, HasSubstr("http_connections 7"));
  EXPECT_THAT(response.body, HasSubstr(R"(http_requests_queued{kind="write"} 2)"));
  EXPECT_TRUE(response.body.ends_with("# EOF\n"));
}

TEST_F(ServiceTest, StatusShowsEveryDatabase) {
  server.add_database("d\"quoted\"");
  const Response response = get("/api/v1/status");
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_THAT(response.body, HasSubstr(R"("name":"d\"quoted\"")"));
  EXPECT_THAT(response.body, HasSubstr(R"("log_mode":"file, sync=commit")"));
}

}  // namespace
}  // namespace magnetite::http
