// The server's certificate and key, and what TLS they are used with.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/disk.h"
#include "base/result.h"

namespace boost::asio::ssl {
class context;
}

namespace magnetite::net {

// Both PEM: a chain that begins with the server's own certificate, and its key without a password.
struct TlsFiles {
  std::string certificate;
  std::string key;
};

// Thread-safe. `disk` and `clock` outlive it.
class Tls {
 public:
  // kInvalidInput or the disk's error, with the file, when the two cannot be used.
  static Result<std::unique_ptr<Tls>> load(Disk& disk, Clock& clock, TlsFiles files);
  virtual ~Tls() = default;

  // For a new connection. Looks, once a second at most, whether the files have changed: new ones that cannot be used
  // are logged and the old ones go on.
  virtual std::shared_ptr<boost::asio::ssl::context> context() = 0;
};

}  // namespace magnetite::net
