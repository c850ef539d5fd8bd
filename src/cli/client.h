// A connection to one server. What can be asked of it stands in database_calls.h, partition_calls.h, server_calls.h,
// operation_calls.h and query_stream.h.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace grpc {
class Channel;
class Status;
}  // namespace grpc

namespace magnetite::cli {

// Where the server is.
struct Endpoint {
  std::string host = "http://127.0.0.1:8082";
  std::string ca_certificates;  // file (PEM) trusted instead of the system's; for https
  std::string token;            // sent with every call; empty = none
};

// Not thread-safe.
class Client {
 public:
  // The host is http://name:port or https://name:port. Connects with the first call.
  static Result<std::unique_ptr<Client>> make(const Endpoint& endpoint);

  const std::string& url() const { return url_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  // How a call over `channel` ended. kUnavailable: no answer came (failure.h).
  Result<> check(const grpc::Status& status) const;

 private:
  Client(std::string url, std::shared_ptr<grpc::Channel> channel)
      : url_(std::move(url)), channel_(std::move(channel)) {}

  const std::string url_;
  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace magnetite::cli
