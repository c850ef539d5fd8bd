// A real server on a real socket, with a scripted database and engine behind it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/logging.h"
#include "http/http_server.h"
#include "http/testing/fakes.h"
#include "http/testing/raw_client.h"

namespace magnetite::http {

inline constexpr std::string_view kWrite = "/api/v3/write_lp?db=d";
inline constexpr std::string_view kQuery = "/api/v3/query_sql?db=d&q=x";

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

}  // namespace magnetite::http
