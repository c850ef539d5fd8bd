// Request bodies on the wire: lengths, chunks, encodings, and clients that do not send what they promise.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "http/testing/compressed.h"
#include "http/testing/server_fixture.h"

namespace magnetite::http {
namespace {

class HttpBodyTest : public HttpServerTest {};

// --- bodies

TEST_F(HttpBodyTest, BodyWaitsForContinue) {
  RawClient client = connect();
  client.send(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\n", kWrite));
  EXPECT_EQ(client.read_answer().status, 100);
  EXPECT_EQ(client.ask("m v=1i").status, 204);
  EXPECT_EQ(client.ask(get("/health")).status, 200);
}

TEST_F(HttpBodyTest, WhatTheHeadSaysIsRefusedBeforeTheBodyIsSent) {
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

TEST_F(HttpBodyTest, TooLargeBodyThatIsSentAnywayGetsItsAnswer) {
  options.body_bytes_max = 1'000;
  const Answer answer = ask(post(kWrite, std::string(4 << 20, 'x')));
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.headers.at("content-type"), "application/json");
  EXPECT_EQ(answer.body,
            R"({"error":"the body is larger than 1000 bytes (--max-http-request-size); send it in parts"})");
}

TEST_F(HttpBodyTest, ChunkedBodiesAreTakenOnEveryPath) {
  RawClient client = connect();
  for (const std::string_view path : {"/api/v3/write_lp?db=d", "/api/v2/write?bucket=d", "/write?db=d"}) {
    const std::string head = fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", path);
    EXPECT_EQ(client.ask(head + chunk("m v") + chunk("=1i") + chunk(" 1") + chunk("")).status, 204);
    EXPECT_EQ(server.writes().back().input.body, "m v=1i 1");
  }
}

TEST_F(HttpBodyTest, LimitHoldsWhileAChunkedBodyIsRead) {
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

TEST_F(HttpBodyTest, LargeBodyArrivesWhole) {
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

TEST_F(HttpBodyTest, BodyThatStopsHalfWayStoresNothing) {
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

TEST_F(HttpBodyTest, BodiesThatContradictThemselvesAreRefused) {
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

TEST_F(HttpBodyTest, LengthThatIsTooShortCutsThere) {
  RawClient client = connect();
  client.send(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nm v=1i\nm v=2i\r\n\r\n", kWrite));
  EXPECT_EQ(client.read_answer().status, 204);
  EXPECT_EQ(client.read_answer().status, 400);
  ASSERT_EQ(server.writes().size(), 1);
  EXPECT_EQ(server.writes()[0].input.body, "m v=1i");
}

TEST_F(HttpBodyTest, CompressedBodiesReachTheDatabaseAsText) {
  RawClient client = connect();
  const std::string body = gzipped("m v=1i\nm v") + gzipped("=2i\n");
  EXPECT_EQ(client.ask(post(kWrite, body, "Content-Encoding: GZIP\r\n")).status, 204);
  EXPECT_EQ(server.writes().back().input.body, "m v=1i\nm v=2i\n");
  EXPECT_EQ(client
                .ask(fmt::format("POST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
                                 "Transfer-Encoding: chunked\r\n\r\n{}{}{}",
                                 chunk(body.substr(0, 9)), chunk(body.substr(9)), chunk("")))
                .status,
            204);
  EXPECT_EQ(server.writes().back().input.body, "m v=1i\nm v=2i\n");
  EXPECT_EQ(client.ask(post(kWrite, zstd_packed("m v=3i"), "Content-Encoding: zstd\r\n")).status, 204);
  EXPECT_EQ(server.writes().back().input.body, "m v=3i");
  const std::string query = gzipped(R"({"db":"d","q":"select 1"})");
  EXPECT_EQ(client.ask(post("/api/v3/query_sql", query, "Content-Encoding: gzip\r\n")).body, "[]");
}

TEST_F(HttpBodyTest, BodiesThatCannotBeDecompressedStoreNothing) {
  options.body_bytes_max = 1'000'000;
  RawClient client = connect();
  EXPECT_EQ(client.ask(post(kWrite, gzipped("m v=1i").substr(0, 20), "Content-Encoding: gzip\r\n")).status, 400);
  EXPECT_EQ(client.ask(post(kWrite, "m v=1i", "Content-Encoding: zstd\r\n")).status, 400);
  const std::string bomb = gzipped(std::string(100'000'000, 'x'));
  EXPECT_EQ(client.ask(post(kWrite, bomb, "Content-Encoding: gzip\r\n")).status, 413);
  EXPECT_EQ(client.ask(get("/health")).status, 200);
  EXPECT_TRUE(server.writes().empty());
}

// --- slow and dying clients

TEST_F(HttpBodyTest, IdleConnectionIsClosedWithoutAWord) {
  options.idle_timeout = std::chrono::milliseconds(20);
  RawClient silent = connect();
  EXPECT_TRUE(silent.is_closed_by_server());
}

TEST_F(HttpBodyTest, HeadThatDoesNotArriveIsGivenUp) {
  options.idle_timeout = std::chrono::milliseconds(50);
  // On a busy machine the time may be over before the first byte is there; then there is no answer to give.
  Answer answer;
  for (int i = 0; i < 100 && answer.status == 0; ++i) answer = ask("GET /health HTTP/1.1\r\nHost:");
  EXPECT_EQ(answer.status, 408);
}

TEST_F(HttpBodyTest, BodyThatDoesNotArriveIsGivenUp) {
  options.body_timeout = std::chrono::milliseconds(50);
  RawClient client = connect();
  EXPECT_EQ(client.ask(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nm v=", kWrite)).status,
            408);
  EXPECT_TRUE(client.is_closed_by_server());
  EXPECT_TRUE(server.writes().empty());
}

}  // namespace
}  // namespace magnetite::http
