#include "net/tls.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <span>
#include <utility>

#include "base/logging.h"
#include "base/mutex.h"

namespace magnetite::net {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

struct Pem {
  std::string certificate;
  std::string key;
  bool operator==(const Pem&) const = default;
};

Result<std::string> read_file(Disk& disk, const std::string& path) {
  constexpr uint64_t kBytesMax = 1 << 20;
  MAGNETITE_TRY(const std::unique_ptr<File> file, disk.open(path, OpenMode::kRead));
  MAGNETITE_TRY(const uint64_t size, file->size());
  if (size > kBytesMax) return fail(ErrorCode::kInvalidInput, fmt::format("{} is too large", path));
  std::string bytes(size, '\0');
  MAGNETITE_RETURN_IF_ERROR(file->read_at(0, std::as_writable_bytes(std::span(bytes))));
  return bytes;
}

Result<Pem> read_files(Disk& disk, const TlsFiles& files) {
  auto certificate = read_file(disk, files.certificate);
  if (!certificate) return std::unexpected(std::move(certificate).error().with_context("--tls-cert"));
  auto key = read_file(disk, files.key);
  if (!key) return std::unexpected(std::move(key).error().with_context("--tls-key"));
  return Pem{*std::move(certificate), *std::move(key)};
}

// A client that can do HTTP/1.1 gets it: over HTTP/2 only gRPC is served, and gRPC's clients offer nothing else.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_bytes, const unsigned char* offered,
                    unsigned offered_bytes, void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1\x02h2";
  unsigned char* found = nullptr;
  const int outcome = SSL_select_next_proto(&found, chosen_bytes, kOurs, sizeof(kOurs) - 1, offered, offered_bytes);
  if (outcome != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

Result<std::shared_ptr<ssl::context>> make_context(const Pem& pem, const TlsFiles& files) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* raw = context->native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  error_code code;
  // Else OpenSSL asks on the terminal.
  context->set_password_callback([](size_t, ssl::context::password_purpose) { return std::string(); }, code);
  if (context->use_certificate_chain(boost::asio::buffer(pem.certificate), code))
    return fail(ErrorCode::kInvalidInput,
                fmt::format("--tls-cert {}: not a certificate in PEM ({})", files.certificate, code.message()));
  if (context->use_private_key(boost::asio::buffer(pem.key), ssl::context::pem, code) ||
      SSL_CTX_check_private_key(raw) != 1)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("--tls-key {}: not the key of the certificate, in PEM without a password ({})", files.key,
                            code.message()));
  return context;
}

class TlsImpl final : public Tls {
 public:
  TlsImpl(Disk& disk, Clock& clock, TlsFiles files, Pem pem, std::shared_ptr<ssl::context> context)
      : disk_(disk),
        clock_(clock),
        files_(std::move(files)),
        next_look_nanos_((clock.mono_now() + kBetweenLooks).nanos),
        seen_(std::move(pem)),
        context_(std::move(context)) {}

  std::shared_ptr<ssl::context> context() override {
    if (clock_.mono_now().nanos >= next_look_nanos_.load() && !looking_.exchange(true)) {
      look();
      next_look_nanos_ = (clock_.mono_now() + kBetweenLooks).nanos;
      looking_ = false;
    }
    const MutexLock lock(mutex_);
    return context_;
  }

 private:
  static constexpr std::chrono::seconds kBetweenLooks{1};

  // The bytes are compared, not times: a file that is replaced within a tick of the clock is seen as well.
  void look() {
    const auto broken = [](const Error& error) {
      log::warn("the changed certificate cannot be used, the old one goes on", {{"error", error.message()}});
    };
    Result<Pem> pem = read_files(disk_, files_);
    const bool was_readable = std::exchange(is_readable_, pem.has_value());
    if (!pem) return was_readable ? broken(pem.error()) : void();
    if (*pem == seen_) return;
    seen_ = *std::move(pem);
    auto context = make_context(seen_, files_);
    if (!context) return broken(context.error());
    log::info("a changed certificate is used", {{"file", files_.certificate}});
    const MutexLock lock(mutex_);
    context_.swap(*context);
  }

  Disk& disk_;
  Clock& clock_;
  const TlsFiles files_;
  std::atomic<int64_t> next_look_nanos_;
  std::atomic<bool> looking_ = false;  // one thread at a time, which alone touches:
  Pem seen_;
  bool is_readable_ = true;
  Mutex mutex_;
  std::shared_ptr<ssl::context> context_ GUARDED_BY(mutex_);
};

}  // namespace

Result<std::unique_ptr<Tls>> Tls::load(Disk& disk, Clock& clock, TlsFiles files) {
  MAGNETITE_TRY(Pem pem, read_files(disk, files));
  MAGNETITE_TRY(auto context, make_context(pem, files));
  return std::make_unique<TlsImpl>(disk, clock, std::move(files), std::move(pem), std::move(context));
}

}  // namespace magnetite::net
