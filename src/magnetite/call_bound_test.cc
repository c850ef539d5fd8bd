// How many gRPC calls run at the same time is bounded: more are refused at once, and keep nobody out afterwards.
#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <influxdata/iox/write/v1/service.grpc.pb.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "access/gatekeeper.h"
#include "base/clock.h"
#include "base/executor.h"
#include "http/testing/fakes.h"
#include "rpc/rpc_server.h"

namespace magnetite {
namespace {

namespace write = influxdata::iox::write::v1;

// A client of `server` by a pair of sockets.
std::shared_ptr<grpc::Channel> connect(rpc::RpcServer& server) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  EXPECT_EQ(::fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
  auto channel = grpc::CreateInsecureChannelFromFd("test", ends[0]);
  std::array<char, 256> first{};
  const ssize_t size = ::recv(ends[1], first.data(), first.size(), 0);
  EXPECT_GT(size, 0);
  EXPECT_EQ(::fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
  server.take(ends[1], std::string_view(first.data(), static_cast<size_t>(size)));
  return channel;
}

grpc::StatusCode write_to(write::WriteService::Stub& stub) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  write::WriteRequest request;
  request.set_db_name("db");
  request.set_lp_data("m v=1i 1");
  write::WriteResponse response;
  return stub.Write(&context, request, &response).error_code();
}

TEST(CallBound, CallsOverItAreRefusedAndTheOthersGoOn) {
  constexpr size_t kCallsMax = 16;
  constexpr size_t kCalls = 48;
  const auto executor = make_thread_executor();
  http::FakeServer server;
  http::FakeEngine engine;
  access::Gatekeeper gatekeeper(executor->clock());
  server.add_database("db");
  http::Gate gate;
  http::Gate all_settled;  // each call is inside, or has been refused
  std::atomic<size_t> settled = 0;
  const auto settle = [&] {
    if (++settled == kCalls) all_settled.open();
  };
  std::atomic<size_t> inside = 0;
  std::atomic<bool> holding = true;
  server.on_write = [&](std::string_view, const database::WriteInput&) -> Result<database::WriteReport> {
    if (!holding) return database::WriteReport{};
    ++inside;
    settle();
    EXPECT_TRUE(gate.wait());
    return database::WriteReport{};
  };
  const auto rpc = rpc::RpcServer::start(*executor, server, engine, gatekeeper,
                                         {.scratch_folder = testing::TempDir(), .calls_max = kCallsMax});
  ASSERT_TRUE(rpc) << rpc.error().describe();
  const auto stub = write::WriteService::NewStub(connect(**rpc));

  std::atomic<size_t> refused = 0;
  {
    std::vector<std::jthread> clients;
    for (size_t i = 0; i < kCalls; ++i)
      clients.emplace_back([&] {
        const grpc::StatusCode code = write_to(*stub);
        if (code == grpc::StatusCode::OK) return;
        EXPECT_EQ(code, grpc::StatusCode::RESOURCE_EXHAUSTED);
        ++refused;
        settle();
      });
    EXPECT_TRUE(all_settled.wait());
    holding = false;
    gate.open();
  }
  EXPECT_GT(inside, 0u);
  EXPECT_LE(inside, kCallsMax);
  EXPECT_EQ(inside + refused, kCalls);
  EXPECT_EQ(write_to(*stub), grpc::StatusCode::OK);
  (*rpc)->stop(std::chrono::seconds(1));
}

}  // namespace
}  // namespace magnetite
