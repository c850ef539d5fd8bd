#include "http/body_codec.h"

#include <gtest/gtest.h>

#include "http/testing/compressed.h"

namespace magnetite::http {
namespace {

constexpr uint64_t kLimit = 1 << 20;

Result<std::string> decode(std::string body, std::string_view encoding, uint64_t bytes_max = kLimit) {
  BodyBudget::Lease lease;
  return decode_body(std::move(body), encoding, bytes_max, lease);
}

std::string lines(size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) text += "m,host=a v=" + std::to_string(i * 7919) + "i\n";
  text.resize(bytes);
  return text;
}

TEST(BodyCodec, IdentityIsTheBodyItself) {
  EXPECT_EQ(decode("abc", "").value(), "abc");
  EXPECT_EQ(decode("abc", "identity").value(), "abc");
  EXPECT_EQ(decode(std::string(11, 'x'), "", 10).error().code(), ErrorCode::kTooLarge);
}

TEST(BodyCodec, BodiesOfEverySizeComeBack) {
  for (const size_t bytes : {0UL, 1UL, 1'000UL, 65'536UL, 65'537UL, 400'000UL, static_cast<size_t>(kLimit)}) {
    const std::string text = lines(bytes);
    EXPECT_EQ(decode(gzipped(text), "gzip").value(), text);
    EXPECT_EQ(decode(gzipped(text), "x-gzip").value(), text);
    EXPECT_EQ(decode(zstd_packed(text), "zstd").value(), text);
    EXPECT_EQ(decode(zstd_packed(text, false), "zstd").value(), text);
  }
}

TEST(BodyCodec, MembersAndFramesAreJoined) {
  const std::string a = lines(100'000), b = "m v=2i\n";
  EXPECT_EQ(decode(gzipped(a) + gzipped("") + gzipped(b) + gzipped(a), "gzip").value(), a + b + a);
  EXPECT_EQ(decode(zstd_packed(a) + zstd_packed("") + zstd_packed(b, false) + zstd_packed(a), "zstd").value(),
            a + b + a);
}

TEST(BodyCodec, LimitIsOfWhatComesOut) {
  const std::string bomb = gzipped(std::string(10'000'000, 'x'));
  EXPECT_EQ(decode(bomb, "gzip").error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(decode(zstd_packed(std::string(10'000'000, 'x')), "zstd").error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(decode(zstd_packed(std::string(10'000'000, 'x'), false), "zstd").error().code(), ErrorCode::kTooLarge);
  const std::string half = lines(kLimit / 2);
  EXPECT_TRUE(decode(gzipped(half) + gzipped(half), "gzip"));
  EXPECT_EQ(decode(gzipped(half) + gzipped(half) + gzipped("x"), "gzip").error().code(), ErrorCode::kTooLarge);
  EXPECT_TRUE(decode(zstd_packed(half) + zstd_packed(half), "zstd"));
  EXPECT_EQ(decode(zstd_packed(half) + zstd_packed(half) + zstd_packed("x"), "zstd").error().code(),
            ErrorCode::kTooLarge);
}

TEST(BodyCodec, MemoryIsAccountedForWhileABodyUnfolds) {
  BodyBudget budget(300'000);
  {
    BodyBudget::Lease lease(budget);
    EXPECT_TRUE(decode_body(gzipped(lines(200'000)), "gzip", kLimit, lease));
    EXPECT_GE(budget.bytes(), 200'000);
    BodyBudget::Lease other(budget);
    EXPECT_EQ(decode_body(gzipped(lines(200'000)), "gzip", kLimit, other).error().code(),
              ErrorCode::kResourceExhausted);
    EXPECT_EQ(decode_body(zstd_packed(lines(200'000), false), "zstd", kLimit, other).error().code(),
              ErrorCode::kResourceExhausted);
  }
  EXPECT_EQ(budget.bytes(), 0);
}

TEST(BodyCodec, EveryCutAndGarbageIsRefused) {
  const std::string gzip = gzipped(lines(300)), zstd = zstd_packed(lines(300));
  for (size_t bytes = 1; bytes < gzip.size(); ++bytes)
    EXPECT_EQ(decode(gzip.substr(0, bytes), "gzip").error().code(), ErrorCode::kInvalidInput) << bytes;
  for (size_t bytes = 1; bytes < zstd.size(); ++bytes)
    EXPECT_EQ(decode(zstd.substr(0, bytes), "zstd").error().code(), ErrorCode::kInvalidInput) << bytes;
  for (const std::string_view encoding : {"gzip", "zstd"}) EXPECT_FALSE(decode("m v=1i", encoding));
  EXPECT_FALSE(decode(gzip + "garbage", "gzip"));
  EXPECT_FALSE(decode(zstd + "garbage", "zstd"));
}

TEST(BodyCodec, EveryFlippedByteIsFoundOrHarmless) {
  const std::string text = lines(300);
  for (const std::string_view encoding : {"gzip", "zstd"}) {
    const std::string packed = encoding == "gzip" ? gzipped(text) : zstd_packed(text);
    for (size_t at = 0; at < packed.size(); ++at) {
      std::string damaged = packed;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
      const auto decoded = decode(damaged, encoding);
      EXPECT_TRUE(!decoded || decoded->empty() || *decoded == text) << encoding << at;
    }
  }
}

TEST(BodyCodec, UnknownEncodingsAreNamed) {
  for (const std::string_view encoding : {"br", "deflate", "gzip, gzip"}) {
    const auto refused = decode("x", encoding);
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidInput);
    EXPECT_TRUE(refused.error().message().contains(encoding));
  }
}

}  // namespace
}  // namespace magnetite::http
