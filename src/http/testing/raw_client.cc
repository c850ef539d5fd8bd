#include "http/testing/raw_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

namespace magnetite::http {

bool RawClient::read_more() { return client_.receive(buffer_); }

std::string RawClient::read_line() {
  size_t end;
  while ((end = buffer_.find("\r\n")) == std::string::npos)
    if (!read_more()) return {};
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

Answer RawClient::read_answer(bool of_head) {
  Answer answer;
  const std::string first = read_line();
  if (!first.starts_with("HTTP/1.")) return answer;
  answer.status = std::atoi(first.substr(9, 3).c_str());
  for (std::string line; !(line = read_line()).empty();) {
    const size_t colon = line.find(':');
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
    answer.headers[name] = line.substr(std::min(line.size(), colon + 2));
  }
  if (of_head || answer.status == 204 || answer.status == 100) return answer;
  const auto take = [&](size_t bytes) {
    while (buffer_.size() < bytes)
      if (!read_more()) return false;
    answer.body += buffer_.substr(0, bytes);
    buffer_.erase(0, bytes);
    return true;
  };
  if (answer.has("content-length")) {
    answer.whole = take(std::strtoul(answer.headers["content-length"].c_str(), nullptr, 10));
  } else if (answer.has("transfer-encoding")) {
    while (true) {
      const std::string size = read_line();
      const size_t bytes = std::strtoul(size.c_str(), nullptr, 16);
      answer.whole = !size.empty() && take(bytes);
      read_line();
      if (!answer.whole || bytes == 0) break;
    }
  } else {
    while (read_more()) {
    }
    answer.body = std::exchange(buffer_, {});
  }
  return answer;
}

Answer RawClient::ask(std::string_view bytes) {
  send(bytes);
  return read_answer();
}

bool RawClient::is_closed_by_server() { return buffer_.empty() && client_.is_ended(); }

std::string post(std::string_view target, std::string_view body, std::string_view more_headers) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n{}\r\n{}", target, body.size(), more_headers,
                     body);
}

std::string get(std::string_view target, std::string_view more_headers) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n", target, more_headers);
}

std::string chunk(std::string_view bytes) { return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes); }

}  // namespace magnetite::http
