// What clients see of a real server on a real socket, with a scripted database behind it.
#include "http/http_server.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/logging.h"
#include "http/testing/fakes.h"
#include "http/testing/raw_client.h"

namespace magnetite::http {
namespace {

using testing::HasSubstr;

constexpr std::string_view kWrite = "/api/v3/write_lp?db=d";
constexpr std::string_view kQuery = "/api/v3/query_sql?db=d&q=x";

class HttpServerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { log::configure({.level = log::Level::kError, .format = {}, .to_stderr = false}); }
  const std::string& address() {
    if (server_ == nullptr) {
      options.bind_address = "127.0.0.1:0";
      options.write_threads = 2;
      options.query_threads = 2;
      auto started = HttpServer::start(*executor_, server, engine, options);
      EXPECT_TRUE(started) << started.error().message();
      server_ = *std::move(started);
      address_ = server_->address();
    }
    return address_;
  }
  RawClient connect() { return RawClient(address()); }
  Answer ask(std::string_view request) {
    RawClient client = connect();
    return client.ask(request);
  }
  void stop(std::chrono::seconds drain) { server_->stop(drain); }

  HttpOptions options;
  FakeServer server;
  FakeEngine engine;
  Gate gate, begun, cancelled;  // outlive the server, whose threads wait in them

 private:
  std::unique_ptr<Executor> executor_ = make_thread_executor();
  std::string address_;
  std::unique_ptr<HttpServer> server_;
};

// --- the connection

TEST_F(HttpServerTest, ConnectionServesManyRequests) {
  RawClient client = connect();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.ask(post(kWrite, fmt::format("m v={}i", i))).status, 204);
  EXPECT_EQ(client.ask(get("/health")).body, "OK");
  ASSERT_EQ(server.writes().size(), 3);
  EXPECT_EQ(server.writes()[2].input.body, "m v=2i");
  EXPECT_EQ(server.writes()[2].database, "d");
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  RawClient client = connect();
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += post(kWrite, fmt::format("m v={}i", i)) + get("/health") + get("/nowhere");
  client.send(requests);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client.read_answer().status, 204);
    EXPECT_EQ(client.read_answer().body, "OK");
    EXPECT_EQ(client.read_answer().status, 404);
  }
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(server.writes()[i].input.body, fmt::format("m v={}i", i));
}

TEST_F(HttpServerTest, EveryAnswerCarriesVersionAndRequestId) {
  RawClient client = connect();
  const Answer first = client.ask(get("/health"));
  const Answer second = client.ask(get("/nowhere"));
  EXPECT_EQ(first.headers.at("x-influxdb-version"), "0.1.0");
  EXPECT_EQ(first.headers.at("access-control-allow-origin"), "*");
  EXPECT_NE(first.headers.at("request-id"), second.headers.at("request-id"));
}

TEST_F(HttpServerTest, UpgradeToHttp2IsIgnored) {
  RawClient client = connect();
  constexpr std::string_view kUpgrade =
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n";
  EXPECT_EQ(client.ask(post(kWrite, "m v=1i", kUpgrade)).status, 204);
  EXPECT_EQ(client.ask(get("/health", kUpgrade)).status, 200);
}

TEST_F(HttpServerTest, ConnectionCloseAndHttp10EndTheConnection) {
  RawClient closing = connect();
  EXPECT_EQ(closing.ask(post(kWrite, "m v=1i", "Connection: close\r\n")).status, 204);
  EXPECT_TRUE(closing.is_closed_by_server());
  RawClient old = connect();
  EXPECT_EQ(old.ask("GET /health HTTP/1.0\r\n\r\n").body, "OK");
  EXPECT_TRUE(old.is_closed_by_server());
}

TEST_F(HttpServerTest, HeadHasHeadersAndNoBody) {
  RawClient client = connect();
  client.send("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\nHEAD /ping HTTP/1.1\r\nHost: x\r\n\r\n" + get("/health"));
  const Answer health = client.read_answer(true);
  EXPECT_EQ(health.status, 200);
  EXPECT_EQ(health.headers.at("content-length"), "2");
  EXPECT_EQ(client.read_answer(true).status, 204);
  EXPECT_EQ(client.read_answer().body, "OK");
}

TEST_F(HttpServerTest, TargetsWithAuthorityMeanTheirPath) {
  EXPECT_EQ(ask(get("http://example.test:8080/health")).body, "OK");
}

TEST_F(HttpServerTest, GarbageIsRefusedAndHeadsAreBounded) {
  EXPECT_EQ(ask("\x16\x03\x01\x02 nonsense\r\n\r\n").status, 400);
  RawClient client = connect();
  EXPECT_EQ(client.ask(get("/health", "X-Flood: " + std::string(20'000, 'x') + "\r\n")).status, 431);
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(HttpServerTest, RefusedRequestWithASmallBodyLeavesTheConnectionUsable) {
  RawClient client = connect();
  EXPECT_EQ(client.ask(post("/nowhere", "m v=1i")).status, 404);
  EXPECT_EQ(client.ask(post("/health", "m v=1i")).status, 405);
  EXPECT_EQ(client.ask(post(kWrite, "m v=1i")).status, 204);
}

TEST_F(HttpServerTest, ConnectionsBeyondTheLimitAreToldSo) {
  options.connections_max = 2;
  RawClient first = connect();
  RawClient second = connect();
  EXPECT_EQ(first.ask(get("/health")).status, 200);
  EXPECT_EQ(second.ask(get("/health")).status, 200);
  RawClient third = connect();
  const Answer refused = third.read_answer();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_TRUE(third.is_closed_by_server());
}

TEST_F(HttpServerTest, AddressInUseIsAnErrorThatNamesIt) {
  const auto executor = make_thread_executor();
  HttpOptions same;
  same.bind_address = address();
  const auto second = HttpServer::start(*executor, server, engine, same);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(second.error().message(), HasSubstr(address()));
}

// --- bodies

TEST_F(HttpServerTest, BodyWaitsForContinue) {
  RawClient client = connect();
  client.send(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\n", kWrite));
  EXPECT_EQ(client.read_answer().status, 100);
  EXPECT_EQ(client.ask("m v=1i").status, 204);
  EXPECT_EQ(client.ask(get("/health")).status, 200);
}

TEST_F(HttpServerTest, WhatTheHeadSaysIsRefusedBeforeTheBodyIsSent) {
  options.body_bytes_max = 1'000;
  const auto status_of = [&](std::string_view target, std::string_view headers) {
    RawClient client = connect();
    const int status =
        client.ask(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n{}\r\n", target, headers))
            .status;
    EXPECT_TRUE(client.is_closed_by_server());
    return status;
  };
  EXPECT_EQ(status_of(kWrite, "Content-Length: 1001\r\n"), 413);
  EXPECT_EQ(status_of(kWrite, "Content-Length: 18446744073709551615\r\n"), 413);
  EXPECT_EQ(status_of("/nowhere", "Content-Length: 5\r\n"), 404);
  EXPECT_EQ(status_of("/health", "Content-Length: 5\r\n"), 405);
  EXPECT_EQ(status_of("/api/v3/write_lp", "Content-Length: 5\r\n"), 400);
  EXPECT_EQ(status_of(kWrite, "Content-Length: 5\r\nContent-Encoding: br\r\n"), 400);
  server.set_serving(false);
  EXPECT_EQ(status_of(kWrite, "Content-Length: 5\r\n"), 503);
  EXPECT_TRUE(server.writes().empty());
}

TEST_F(HttpServerTest, TooLargeBodyThatIsSentAnywayGetsItsAnswer) {
  options.body_bytes_max = 1'000;
  const Answer answer = ask(post(kWrite, std::string(4 << 20, 'x')));
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.headers.at("content-type"), "application/json");
  EXPECT_EQ(answer.body,
            R"({"error":"the body is larger than 1000 bytes (--max-http-request-size); send it in parts"})");
}

TEST_F(HttpServerTest, ChunkedBodiesAreTakenOnEveryPath) {
  RawClient client = connect();
  for (const std::string_view path : {"/api/v3/write_lp?db=d", "/api/v2/write?bucket=d", "/write?db=d"}) {
    const std::string head = fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", path);
    EXPECT_EQ(client.ask(head + chunk("m v") + chunk("=1i") + chunk(" 1") + chunk("")).status, 204);
    EXPECT_EQ(server.writes().back().input.body, "m v=1i 1");
  }
}

TEST_F(HttpServerTest, LimitHoldsWhileAChunkedBodyIsRead) {
  options.body_bytes_max = 1'000;
  RawClient client = connect();
  client.send(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", kWrite));
  client.send(chunk(std::string(1'000, 'x')));
  client.send("1\r\n");  // still within it
  const Answer answer = client.ask("x\r\n");
  EXPECT_EQ(answer.status, 413);
  EXPECT_TRUE(client.is_closed_by_server());
  EXPECT_EQ(ask(post(kWrite, std::string(1'000, 'x'))).status, 204);
}

TEST_F(HttpServerTest, LargeBodyArrivesWhole) {
  std::string body;
  for (int i = 0; body.size() < 5'000'000; ++i) body += fmt::format("m v={}i\n", i);
  EXPECT_EQ(ask(post(kWrite, body)).status, 204);
  EXPECT_EQ(server.writes().back().input.body, body);
  std::string chunks;
  for (size_t at = 0; at < body.size(); at += 70'001) chunks += chunk(std::string_view(body).substr(at, 70'001));
  EXPECT_EQ(ask(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{}{}", kWrite, chunks,
                            chunk("")))
                .status,
            204);
  EXPECT_EQ(server.writes().back().input.body, body);
}

TEST_F(HttpServerTest, BodyThatStopsHalfWayStoresNothing) {
  RawClient client = connect();
  client.send(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nm v=1i\n", kWrite));
  client.end_of_sending();
  EXPECT_EQ(client.read_answer().status, 400);
  EXPECT_TRUE(client.is_closed_by_server());
  RawClient chunked = connect();
  chunked.send(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", kWrite) +
               chunk("m v=1i"));
  chunked.end_of_sending();
  EXPECT_EQ(chunked.read_answer().status, 400);
  EXPECT_TRUE(server.writes().empty());
}

TEST_F(HttpServerTest, BodiesThatContradictThemselvesAreRefused) {
  const auto status_of = [&](std::string_view headers, std::string_view body) {
    RawClient client = connect();
    const int status = client.ask(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\n{}\r\n{}", kWrite, headers, body)).status;
    EXPECT_TRUE(client.is_closed_by_server());
    return status;
  };
  EXPECT_EQ(status_of("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400);
  EXPECT_EQ(status_of("Content-Length: 5\r\nContent-Length: 6\r\n", "m v=1i"), 400);
  EXPECT_EQ(status_of("Content-Length: -1\r\n", ""), 400);
  EXPECT_EQ(status_of("Transfer-Encoding: chunked\r\n", "zz\r\nm v=1i\r\n"), 400);
  EXPECT_TRUE(server.writes().empty());
}

TEST_F(HttpServerTest, LengthThatIsTooShortCutsThere) {
  RawClient client = connect();
  client.send(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nm v=1i\nm v=2i\r\n\r\n", kWrite));
  EXPECT_EQ(client.read_answer().status, 204);
  EXPECT_EQ(client.read_answer().status, 400);
  ASSERT_EQ(server.writes().size(), 1);
  EXPECT_EQ(server.writes()[0].input.body, "m v=1i");
}

// --- slow and dying clients

TEST_F(HttpServerTest, IdleConnectionIsClosedWithoutAWord) {
  options.idle_timeout = std::chrono::milliseconds(20);
  RawClient silent = connect();
  EXPECT_TRUE(silent.is_closed_by_server());
}

TEST_F(HttpServerTest, HeadThatDoesNotArriveIsGivenUp) {
  options.idle_timeout = std::chrono::milliseconds(50);
  // On a busy machine the time may be over before the first byte is there; then there is no answer to give.
  Answer answer;
  for (int i = 0; i < 100 && answer.status == 0; ++i) answer = ask("GET /health HTTP/1.1\r\nHost:");
  EXPECT_EQ(answer.status, 408);
}

TEST_F(HttpServerTest, BodyThatDoesNotArriveIsGivenUp) {
  options.body_timeout = std::chrono::milliseconds(50);
  RawClient client = connect();
  EXPECT_EQ(client.ask(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nm v=", kWrite)).status,
            408);
  EXPECT_TRUE(client.is_closed_by_server());
  EXPECT_TRUE(server.writes().empty());
}

TEST_F(HttpServerTest, ClientThatTakesNothingOfItsAnswerIsGivenUp) {
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

TEST_F(HttpServerTest, ClientThatGoesAwayCancelsItsQuery) {
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

// --- queues and limits

TEST_F(HttpServerTest, FullQueueIsSaidAndRepeatable) {
  options.write_queue_max = 1;
  server.on_write = [&](std::string_view, const database::WriteInput&) {
    gate.wait();
    return database::WriteReport{};
  };
  RawClient clients[3] = {connect(), connect(), connect()};  // two threads and one place in the queue
  clients[0].send(post(kWrite, "m v=1i"));
  EXPECT_TRUE(server.wait_for_writes(1));
  clients[1].send(post(kWrite, "m v=2i"));
  EXPECT_TRUE(server.wait_for_writes(2));
  clients[2].send(post(kWrite, "m v=3i"));
  const std::string metric = "http_requests_queued{kind=\"write\"} 1";
  while (!ask(get("/metrics")).body.contains(metric)) {
  }
  const Answer refused = ask(post("/api/v2/write?bucket=d", "m v=4i"));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_THAT(refused.body, HasSubstr(R"("code":"too many requests")"));
  gate.open();
  for (RawClient& client : clients) EXPECT_EQ(client.read_answer().status, 204);
}

TEST_F(HttpServerTest, BodiesOfAllRequestsShareABudget) {
  options.bodies_bytes_max = 100'000;
  options.body_bytes_max = 90'000;
  server.on_write = [&](std::string_view, const database::WriteInput&) {
    gate.wait();
    return database::WriteReport{};
  };
  RawClient holder = connect();
  holder.send(post(kWrite, std::string(80'000, 'x')));
  EXPECT_TRUE(server.wait_for_writes(1));
  const Answer refused = ask(post(kWrite, std::string(80'000, 'y')));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  gate.open();
  EXPECT_EQ(holder.read_answer().status, 204);
  EXPECT_EQ(ask(post(kWrite, std::string(80'000, 'y'))).status, 204);
}

TEST_F(HttpServerTest, MetricsAnswerWhileQueriesHang) {
  engine.on_execute = [&](const query::sql::Statement&) {
    gate.wait();
    return make_rows({});
  };
  RawClient clients[4] = {connect(), connect(), connect(), connect()};
  for (RawClient& client : clients) client.send(get(kQuery));
  EXPECT_EQ(ask(get("/metrics")).status, 200);
  EXPECT_EQ(ask(post(kWrite, "m v=1i")).status, 204);
  gate.open();
  for (RawClient& client : clients) EXPECT_EQ(client.read_answer().body, "[]");
}

// --- streamed answers

std::string numbers_as_json(int64_t rows) {
  std::string text = "[";
  for (int64_t i = 0; i < rows; ++i) text += fmt::format("{}{{\"n\":{}}}", i > 0 ? "," : "", i);
  return text + "]";
}

TEST_F(HttpServerTest, SmallResultHasALengthAndALargeOneIsStreamed) {
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

TEST_F(HttpServerTest, StreamOverHttp10EndsWithTheConnection) {
  engine.on_execute = [&](const query::sql::Statement&) {
    return make_rows({.rows = 100'000, .rows_per_batch = 10'000, .error_at_end = {}});
  };
  RawClient client = connect();
  const Answer answer = client.ask(fmt::format("GET {} HTTP/1.0\r\n\r\n", kQuery));
  EXPECT_FALSE(answer.has("transfer-encoding"));
  EXPECT_EQ(answer.body, numbers_as_json(100'000));
}

TEST_F(HttpServerTest, ErrorBeforeTheFirstByteHasItsStatus) {
  engine.on_execute = [&](const query::sql::Statement&) {
    return make_rows({.rows = 2, .rows_per_batch = 2, .error_at_end = Error(ErrorCode::kDeadlineExceeded, "too slow")});
  };
  const Answer answer = ask(get(kQuery));
  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(answer.body, R"({"error":"too slow"})");
}

TEST_F(HttpServerTest, ErrorAfterTheFirstByteBreaksTheAnswerOff) {
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

// --- stopping

TEST_F(HttpServerTest, StopEndsIdleConnectionsAndLetsRunningRequestsFinish) {
  server.on_write = [&](std::string_view, const database::WriteInput&) {
    gate.wait();
    return database::WriteReport{};
  };
  RawClient idle = connect();
  EXPECT_EQ(idle.ask(get("/health")).status, 200);
  RawClient busy = connect();
  busy.send(post(kWrite, "m v=1i"));
  EXPECT_TRUE(server.wait_for_writes(1));
  const auto executor = make_thread_executor();
  Task stopping = executor->spawn("stop", [&] { stop(std::chrono::seconds(60)); });
  EXPECT_TRUE(idle.is_closed_by_server());
  gate.open();
  const Answer answer = busy.read_answer();
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  stopping.join();
}

TEST_F(HttpServerTest, StopBreaksOffQueriesThatWouldNotEnd) {
  engine.on_execute = [&](const query::sql::Statement& statement) {
    FakeRows rows{.rows = 10, .rows_per_batch = 2, .error_at_end = {}};
    rows.gate_after_first_batch = &gate;
    rows.cancelled = &cancelled;
    begun.open();
    return make_rows(std::move(rows), statement.cancellation);
  };
  RawClient client = connect();
  client.send(get(kQuery));
  EXPECT_TRUE(begun.wait());
  stop(std::chrono::seconds(0));
  EXPECT_TRUE(cancelled.is_open());
}

}  // namespace
}  // namespace magnetite::http
