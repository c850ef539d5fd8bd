// What a client speaks, told from the first bytes it sends.
#pragma once

#include <cstdint>
#include <string_view>

namespace magnetite::net {

// kUnclear: more bytes are needed; never said of kFirstBytes or more.
enum class Protocol : uint8_t { kUnclear, kTls, kHttp1, kHttp2 };

inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
inline constexpr size_t kHttp2FrameHeadBytes = 9;
inline constexpr size_t kFirstBytes = kHttp2Preface.size() + kHttp2FrameHeadBytes;

// Whatever is neither TLS nor the whole preface of HTTP/2 is for the reader of HTTP/1.1, which knows how to refuse.
// After the preface the head of the first frame is waited for, which must follow at once: gRPC would wait for it for
// ever.
Protocol recognise(std::string_view first_bytes);

}  // namespace magnetite::net
