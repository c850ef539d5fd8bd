#include "net/testing/client.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <span>
#include <utility>

namespace magnetite::net {

struct TestClient::State {
  int descriptor = -1;
  SSL_CTX* context = nullptr;
  SSL* tls = nullptr;
  std::string rest;  // received, not yet asked for

  ~State() {
    SSL_free(tls);
    SSL_CTX_free(context);
    if (descriptor >= 0) ::close(descriptor);
  }

  // As recv(): 0 at the end.
  ssize_t read(std::span<char> out) const {
    if (tls == nullptr) return recv(descriptor, out.data(), out.size(), 0);
    const int got = SSL_read(tls, out.data(), static_cast<int>(out.size()));
    if (got > 0) return got;
    const int why = SSL_get_error(tls, got);
    return why == SSL_ERROR_ZERO_RETURN ? 0 : -1;
  }
};

TestClient::TestClient(const std::string& address, Security security, std::string_view protocols)
    : state_(std::make_unique<State>()) {
  signal(SIGPIPE, SIG_IGN);  // of SSL_write
  const size_t colon = address.rfind(':');
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(), &hints, &found) != 0)
    std::abort();
  state_->descriptor = socket(found->ai_family, SOCK_STREAM, 0);
  const int one = 1;
  setsockopt(state_->descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  const timeval give_up{60, 0};
  setsockopt(state_->descriptor, SOL_SOCKET, SO_RCVTIMEO, &give_up, sizeof(give_up));
  setsockopt(state_->descriptor, SOL_SOCKET, SO_SNDTIMEO, &give_up, sizeof(give_up));
  const bool connected = connect(state_->descriptor, found->ai_addr, found->ai_addrlen) == 0;
  freeaddrinfo(found);
  if (!connected) close();
  if (!connected || security == Security::kPlain) return;
  state_->context = SSL_CTX_new(TLS_client_method());
  state_->tls = SSL_new(state_->context);
  SSL_set_fd(state_->tls, state_->descriptor);
  SSL_set_alpn_protos(state_->tls, reinterpret_cast<const unsigned char*>(protocols.data()),
                      static_cast<unsigned>(protocols.size()));
  SSL_connect(state_->tls);
}

TestClient::TestClient(TestClient&&) noexcept = default;
TestClient::~TestClient() = default;

bool TestClient::send(std::string_view bytes) {
  if (state_->tls != nullptr)
    return bytes.empty() || SSL_write(state_->tls, bytes.data(), static_cast<int>(bytes.size())) > 0;
  while (!bytes.empty()) {
    const ssize_t sent = ::send(state_->descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool TestClient::receive(std::string& bytes) {
  if (!state_->rest.empty()) {
    bytes += std::exchange(state_->rest, {});
    return true;
  }
  std::array<char, 16 * 1024> buffer;
  const ssize_t got = state_->read(buffer);
  if (got > 0) bytes.append(buffer.data(), static_cast<size_t>(got));
  return got > 0;
}

std::string TestClient::receive_exactly(size_t bytes) {
  std::string received;
  while (received.size() < bytes && receive(received)) {
  }
  if (received.size() > bytes) {
    state_->rest = received.substr(bytes);
    received.resize(bytes);
  }
  return received;
}

std::string TestClient::receive_all() {
  std::string received;
  while (receive(received)) {
  }
  return received;
}

bool TestClient::is_ended() {
  std::array<char, 1> byte;
  return state_->rest.empty() && state_->read(byte) == 0;
}

void TestClient::end_of_sending() {
  if (state_->tls != nullptr) SSL_shutdown(state_->tls);
  shutdown(state_->descriptor, SHUT_WR);
}

void TestClient::close() {
  if (state_->tls != nullptr) SSL_shutdown(state_->tls);
  ::close(std::exchange(state_->descriptor, -1));
}

std::string TestClient::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(state_->tls, &name, &size);
  return std::string(reinterpret_cast<const char*>(name), size);
}

std::string TestClient::common_name() const {
  X509* certificate = SSL_get0_peer_certificate(state_->tls);
  if (certificate == nullptr) return {};
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(), name.size());
  return name.data();
}

}  // namespace magnetite::net
