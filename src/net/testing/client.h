// A blocking client that sends exactly the bytes it is told to, with or without TLS.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace magnetite::net {

// Gives up after a while, so that a hang is a failure.
class TestClient {
 public:
  enum class Security : uint8_t { kPlain, kTls };
  // `protocols`: what ALPN offers, as it goes over the wire ("\x02h2"); empty for no ALPN. Any certificate will do.
  TestClient(const std::string& address, Security security, std::string_view protocols = {});
  TestClient(TestClient&&) noexcept;
  ~TestClient();

  bool send(std::string_view bytes);  // false: the server has closed
  // Appends what comes next; false: nothing will, or not in time.
  bool receive(std::string& bytes);
  std::string receive_exactly(size_t bytes);  // shorter when it ended
  std::string receive_all();                  // until the server ends the connection
  bool is_ended();  // waits; true when the server ends the connection properly and sends nothing more
  void end_of_sending();
  void close();

  std::string protocol() const;     // that ALPN chose; empty for none
  std::string common_name() const;  // of the server's certificate; empty: the handshake failed

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace magnetite::net
