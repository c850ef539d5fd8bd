// A real server on a real socket, with a scripted database and engine behind it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "access/gatekeeper.h"
#include "base/logging.h"
#include "http/http_server.h"
#include "http/testing/fakes.h"
#include "http/testing/raw_client.h"
#include "net/listener.h"
#include "net/testing/certificate.h"
#include "net/testing/client.h"

namespace magnetite::http {

inline constexpr std::string_view kWrite = "/api/v3/write_lp?db=d";
inline constexpr std::string_view kQuery = "/api/v3/query_sql?db=d&q=x";

class HttpServerTest : public testing::Test {
 protected:
  // Every test of a connection runs a second time with TLS.
  static bool over_tls() { return std::getenv("MAGNETITE_HTTP_TEST_TLS") != nullptr; }
  static void SetUpTestSuite() { log::configure({.level = log::Level::kError, .format = {}, .to_stderr = false}); }
  const std::string& address() {
    if (listener_ == nullptr) {
      options.write_threads = 2;
      options.query_threads = 2;
      server_ = HttpServer::make(*executor_, server, engine, gatekeeper_, options);
      if (over_tls()) {
        const net::TlsFiles files = net::write_certificate("http", net::make_certificate("http"));
        auto loaded = net::Tls::load(*disk_, executor_->clock(), files);
        EXPECT_TRUE(loaded) << loaded.error().message();
        tls_ = *std::move(loaded);
      }
      listening.idle_timeout = options.idle_timeout;
      listening.binds = {{"127.0.0.1:0", "--api-bind"}};
      auto started = net::Listener::start(*executor_, listening, tls_.get(), *server_, no_grpc_);
      EXPECT_TRUE(started) << started.error().message();
      listener_ = *std::move(started);
      address_ = listener_->addresses().front();
    }
    return address_;
  }
  RawClient connect() {
    using Security = net::TestClient::Security;
    return RawClient(address(), over_tls() ? Security::kTls : Security::kPlain);
  }
  Answer ask(std::string_view request) {
    RawClient client = connect();
    return client.ask(request);
  }
  void stop(std::chrono::seconds drain) {
    listener_->stop_accepting();
    server_->stop(drain);
    listener_->stop();
  }
  ~HttpServerTest() override {
    if (listener_ != nullptr) stop(std::chrono::seconds(0));
  }

  net::ListenerOptions listening;
  HttpOptions options;
  FakeServer server;
  FakeEngine engine;
  Gate gate, begun, cancelled;  // outlive the server, whose threads wait in them

 private:
  struct NoGrpc final : net::GrpcEdge {
    void take(int descriptor, std::string_view) override { ::close(descriptor); }
  };
  std::unique_ptr<Executor> executor_ = make_thread_executor();
  std::string address_;
  const std::unique_ptr<Disk> disk_ = make_posix_disk();
  std::unique_ptr<net::Tls> tls_;
  NoGrpc no_grpc_;
  access::Gatekeeper gatekeeper_{system_clock()};
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace magnetite::http
