// Results on their way to a client.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "http/testing/server_fixture.h"

namespace magnetite::http {
namespace {

class HttpStreamTest : public HttpServerTest {};

// --- streamed answers

std::string numbers_as_json(int64_t rows) {
  std::string text = "[";
  for (int64_t i = 0; i < rows; ++i) text += fmt::format("{}{{\"n\":{}}}", i > 0 ? "," : "", i);
  return text + "]";
}

TEST_F(HttpStreamTest, SmallResultHasALengthAndALargeOneIsStreamed) {
  engine.on_execute = [&](const query::sql::Statement& statement) {
    return make_rows({.rows = std::stoll(statement.sql), .rows_per_batch = 10'000, .error_at_end = {}});
  };
  RawClient client = connect();
  const Answer small = client.ask(get("/api/v3/query_sql?db=d&q=3"));
  EXPECT_EQ(small.headers.at("content-length"), "25");
  EXPECT_EQ(small.body, R"([{"n":0},{"n":1},{"n":2}])");
  const Answer large = client.ask(get("/api/v3/query_sql?db=d&q=100000"));
  EXPECT_EQ(large.headers.at("transfer-encoding"), "chunked");
  EXPECT_EQ(large.headers.at("content-type"), "application/json");
  EXPECT_TRUE(large.whole);
  EXPECT_EQ(large.body, numbers_as_json(100'000));
  EXPECT_EQ(client.ask(get("/health")).status, 200);
}

TEST_F(HttpStreamTest, StreamOverHttp10EndsWithTheConnection) {
  engine.on_execute = [&](const query::sql::Statement&) {
    return make_rows({.rows = 100'000, .rows_per_batch = 10'000, .error_at_end = {}});
  };
  RawClient client = connect();
  const Answer answer = client.ask(fmt::format("GET {} HTTP/1.0\r\n\r\n", kQuery));
  EXPECT_FALSE(answer.has("transfer-encoding"));
  EXPECT_EQ(answer.body, numbers_as_json(100'000));
}

TEST_F(HttpStreamTest, ErrorBeforeTheFirstByteHasItsStatus) {
  engine.on_execute = [&](const query::sql::Statement&) {
    return make_rows({.rows = 2, .rows_per_batch = 2, .error_at_end = Error(ErrorCode::kDeadlineExceeded, "too slow")});
  };
  const Answer answer = ask(get(kQuery));
  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(answer.body, R"({"error":"too slow"})");
}

TEST_F(HttpStreamTest, ErrorAfterTheFirstByteBreaksTheAnswerOff) {
  engine.on_execute = [&](const query::sql::Statement&) {
    return make_rows(
        {.rows = 50'000, .rows_per_batch = 10'000, .error_at_end = Error(ErrorCode::kResourceExhausted, "no memory")});
  };
  RawClient client = connect();
  const Answer answer = client.ask(get(kQuery));
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.whole);
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(HttpStreamTest, ClientThatTakesNothingOfItsAnswerIsGivenUp) {
  options.body_timeout = std::chrono::milliseconds(50);
  engine.on_execute = [&](const query::sql::Statement& statement) {
    FakeRows rows{.rows = 1'000'000'000, .rows_per_batch = 4'096, .error_at_end = {}};
    rows.cancelled = &cancelled;
    return make_rows(std::move(rows), statement.cancellation);
  };
  RawClient client = connect();
  client.send(get(kQuery));
  EXPECT_TRUE(cancelled.wait());
}

TEST_F(HttpStreamTest, ClientThatGoesAwayCancelsItsQuery) {
  engine.on_execute = [&](const query::sql::Statement& statement) {
    FakeRows rows{.rows = 10, .rows_per_batch = 2, .error_at_end = {}};
    rows.gate_after_first_batch = &gate;
    rows.cancelled = &cancelled;
    return make_rows(std::move(rows), statement.cancellation);
  };
  RawClient client = connect();
  client.send(get(kQuery));
  client.close();
  EXPECT_TRUE(cancelled.wait());
}

}  // namespace
}  // namespace magnetite::http
