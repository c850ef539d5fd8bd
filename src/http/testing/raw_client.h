// A client that sends exactly the bytes it is told to.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "net/testing/client.h"

namespace magnetite::http {

struct Answer {
  int status = 0;                              // 0: the connection ended before an answer
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  bool whole = true;  // false: the connection ended within the body

  bool has(const std::string& name) const { return headers.contains(name); }
};

// Blocking; gives up after a while, so that a hang is a failure.
class RawClient {
 public:
  explicit RawClient(const std::string& address, net::TestClient::Security security = net::TestClient::Security::kPlain)
      : client_(address, security) {}

  bool send(std::string_view bytes) { return client_.send(bytes); }  // false: the server has closed
  Answer read_answer(bool of_head = false);
  Answer ask(std::string_view bytes);
  // True when the server ends the connection and sends nothing more.
  bool is_closed_by_server();
  void end_of_sending() { client_.end_of_sending(); }
  void close() { client_.close(); }

 private:
  std::string read_line();
  bool read_more();

  net::TestClient client_;
  std::string buffer_;
};

// "POST /path HTTP/1.1", Host, Content-Length and the body.
std::string post(std::string_view target, std::string_view body, std::string_view more_headers = {});
std::string get(std::string_view target, std::string_view more_headers = {});
std::string chunk(std::string_view bytes);

}  // namespace magnetite::http
