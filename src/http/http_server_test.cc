// Connections, queues and stopping, as clients see them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/testing/server_fixture.h"

namespace magnetite::http {
namespace {

using testing::HasSubstr;

class HttpConnectionTest : public HttpServerTest {};

// --- the connection

TEST_F(HttpConnectionTest, ConnectionServesManyRequests) {
  RawClient client = connect();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.ask(post(kWrite, fmt::format("m v={}i", i))).status, 204);
  EXPECT_EQ(client.ask(get("/health")).body, "OK");
  ASSERT_EQ(server.writes().size(), 3);
  EXPECT_EQ(server.writes()[2].input.body, "m v=2i");
  EXPECT_EQ(server.writes()[2].database, "d");
}

TEST_F(HttpConnectionTest, PipelinedRequestsAreAnsweredInOrder) {
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

TEST_F(HttpConnectionTest, EveryAnswerCarriesVersionAndRequestId) {
  RawClient client = connect();
  const Answer first = client.ask(get("/health"));
  const Answer second = client.ask(get("/nowhere"));
  EXPECT_EQ(first.headers.at("x-influxdb-version"), "0.1.0");
  EXPECT_EQ(first.headers.at("access-control-allow-origin"), "*");
  EXPECT_NE(first.headers.at("request-id"), second.headers.at("request-id"));
}

TEST_F(HttpConnectionTest, UpgradeToHttp2IsIgnored) {
  RawClient client = connect();
  constexpr std::string_view kUpgrade =
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n";
  EXPECT_EQ(client.ask(post(kWrite, "m v=1i", kUpgrade)).status, 204);
  EXPECT_EQ(client.ask(get("/health", kUpgrade)).status, 200);
}

TEST_F(HttpConnectionTest, ConnectionCloseAndHttp10EndTheConnection) {
  RawClient closing = connect();
  EXPECT_EQ(closing.ask(post(kWrite, "m v=1i", "Connection: close\r\n")).status, 204);
  EXPECT_TRUE(closing.is_closed_by_server());
  RawClient old = connect();
  EXPECT_EQ(old.ask("GET /health HTTP/1.0\r\n\r\n").body, "OK");
  EXPECT_TRUE(old.is_closed_by_server());
}

TEST_F(HttpConnectionTest, HeadHasHeadersAndNoBody) {
  RawClient client = connect();
  client.send("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\nHEAD /ping HTTP/1.1\r\nHost: x\r\n\r\n" + get("/health"));
  const Answer health = client.read_answer(true);
  EXPECT_EQ(health.status, 200);
  EXPECT_EQ(health.headers.at("content-length"), "2");
  EXPECT_EQ(client.read_answer(true).status, 204);
  EXPECT_EQ(client.read_answer().body, "OK");
}

TEST_F(HttpConnectionTest, TargetsWithAuthorityMeanTheirPath) {
  EXPECT_EQ(ask(get("http://example.test:8080/health")).body, "OK");
}

TEST_F(HttpConnectionTest, GarbageIsRefusedAndHeadsAreBounded) {
  EXPECT_EQ(ask("\x16\x03\x01\x02 nonsense\r\n\r\n").status, 400);
  RawClient client = connect();
  EXPECT_EQ(client.ask(get("/health", "X-Flood: " + std::string(20'000, 'x') + "\r\n")).status, 431);
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(HttpConnectionTest, RefusedRequestWithASmallBodyLeavesTheConnectionUsable) {
  RawClient client = connect();
  EXPECT_EQ(client.ask(post("/nowhere", "m v=1i")).status, 404);
  EXPECT_EQ(client.ask(post("/health", "m v=1i")).status, 405);
  EXPECT_EQ(client.ask(post(kWrite, "m v=1i")).status, 204);
}

TEST_F(HttpConnectionTest, ConnectionsBeyondTheLimitAreToldSo) {
  listening.connections_max = 2;
  RawClient first = connect();
  RawClient second = connect();
  EXPECT_EQ(first.ask(get("/health")).status, 200);
  EXPECT_EQ(second.ask(get("/health")).status, 200);
  RawClient third = connect();
  const Answer refused = third.ask(get("/health"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_TRUE(third.is_closed_by_server());
}

// --- queues and limits

TEST_F(HttpConnectionTest, FullQueueIsSaidAndRepeatable) {
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

TEST_F(HttpConnectionTest, BodiesOfAllRequestsShareABudget) {
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

TEST_F(HttpConnectionTest, MetricsAnswerWhileQueriesHang) {
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

// --- stopping

TEST_F(HttpConnectionTest, StopEndsIdleConnectionsAndLetsRunningRequestsFinish) {
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

TEST_F(HttpConnectionTest, StopBreaksOffQueriesThatWouldNotEnd) {
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
