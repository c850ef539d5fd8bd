#include "net/protocol.h"

namespace magnetite::net {

Protocol recognise(std::string_view first_bytes) {
  constexpr char kTlsHandshake = 0x16;  // the type of a TLS record that holds a ClientHello
  if (first_bytes.empty()) return Protocol::kUnclear;
  if (first_bytes.front() == kTlsHandshake) return Protocol::kTls;
  if (first_bytes.starts_with(kHttp2Preface))
    return first_bytes.size() < kFirstBytes ? Protocol::kUnclear : Protocol::kHttp2;
  return kHttp2Preface.starts_with(first_bytes) ? Protocol::kUnclear : Protocol::kHttp1;
}

}  // namespace magnetite::net
