#include "net/protocol.h"

#include <gtest/gtest.h>

#include "net/address.h"

namespace magnetite::net {
namespace {

using namespace std::string_view_literals;

TEST(ProtocolTest, FirstBytesTellWhatAClientSpeaks) {
  const struct {
    std::string_view bytes;
    Protocol protocol;
  } cases[] = {
      {"", Protocol::kUnclear},
      {"\x16", Protocol::kTls},
      {"\x16\x03\x01\x02\0", Protocol::kTls},
      {"G", Protocol::kHttp1},
      {"GET / HTTP/1.1\r\n", Protocol::kHttp1},
      {"P", Protocol::kUnclear},
      {"PO", Protocol::kHttp1},
      {"PR", Protocol::kUnclear},
      {"PROPFIND", Protocol::kHttp1},
      {"PRI * HTTP/2.0\r\n", Protocol::kUnclear},
      {"PRI * HTTP/1.1\r\n", Protocol::kHttp1},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r", Protocol::kUnclear},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Protocol::kUnclear},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04\0\0\0\0"sv, Protocol::kUnclear},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04\0\0\0\0\0"sv, Protocol::kHttp2},
      {"\0\0\0\0"sv, Protocol::kHttp1},
      {"\x80garbage", Protocol::kHttp1},
  };
  for (const auto& each : cases) EXPECT_EQ(recognise(each.bytes), each.protocol) << each.bytes;
}

TEST(ProtocolTest, EnoughBytesAreNeverUnclear) {
  std::string bytes(kHttp2Preface);
  for (char& byte : bytes) {
    byte ^= 1;
    EXPECT_EQ(recognise(bytes), Protocol::kHttp1) << bytes;
    byte ^= 1;
  }
  bytes.resize(kFirstBytes);
  EXPECT_EQ(recognise(bytes), Protocol::kHttp2);
}

TEST(AddressTest, IsHostAndPort) {
  EXPECT_EQ(split_address("127.0.0.1:80")->host, "127.0.0.1");
  EXPECT_EQ(split_address("127.0.0.1:80")->port, "80");
  EXPECT_EQ(split_address("[::1]:80")->host, "::1");
  EXPECT_EQ(split_address("name:0")->port, "0");
  EXPECT_FALSE(split_address("8080"));
  EXPECT_FALSE(split_address("127.0.0.1:"));
}

TEST(AddressTest, LoopbackIsWhatOnlyThisMachineReaches) {
  for (const char* host : {"localhost", "127.0.0.1", "127.1.2.3", "::1"}) EXPECT_TRUE(is_loopback(host)) << host;
  for (const char* host : {"", "0.0.0.0", "::", "192.168.1.1", "localhost.example", "example.org", "126.0.0.1",
                           "::ffff:192.168.1.1", "127.0.0.1.example.org"})
    EXPECT_FALSE(is_loopback(host)) << host;
}

}  // namespace
}  // namespace magnetite::net
