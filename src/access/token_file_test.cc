#include "access/token_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace magnetite::access {
namespace {

using ::testing::HasSubstr;

Token token(uint64_t id, std::string name, Grant grant) {
  Token made;
  made.id = id;
  made.name = std::move(name);
  made.hash = hash_of(made.name);
  made.grant = std::make_shared<const Grant>(std::move(grant));
  made.created = {7};
  return made;
}
const Grant kAdmin{.admin = true, .permissions = {}};
const Grant kScoped{.permissions = {{.database = "d", .read = true}, {.database = "*", .write = true}}};

TokenFile two_tokens() {
  TokenFile file{5, {token(1, "_admin", kAdmin), token(3, "sensors", kScoped)}};
  file.tokens[1].expiry = WallTime{9};
  return file;
}

void expect_equal(const TokenFile& a, const TokenFile& b) {
  EXPECT_EQ(a.next_id, b.next_id);
  ASSERT_EQ(a.tokens.size(), b.tokens.size());
  for (size_t i = 0; i < a.tokens.size(); ++i) {
    EXPECT_EQ(a.tokens[i].id, b.tokens[i].id);
    EXPECT_EQ(a.tokens[i].name, b.tokens[i].name);
    EXPECT_EQ(a.tokens[i].hash, b.tokens[i].hash);
    EXPECT_EQ(*a.tokens[i].grant, *b.tokens[i].grant);
    EXPECT_EQ(a.tokens[i].created, b.tokens[i].created);
    EXPECT_EQ(a.tokens[i].expiry, b.tokens[i].expiry);
  }
}

TEST(TokenFile, IsReadAsItWasWritten) {
  expect_equal(decode_token_file(encode_token_file(two_tokens())).value(), two_tokens());
  expect_equal(decode_token_file(encode_token_file({})).value(), {});
}

// Version 1, byte for byte: docs/formats/tokens.md.
TEST(TokenFile, IsWrittenAsTheFormatSays) {
  std::string bytes;
  for (const std::byte byte : encode_token_file({})) bytes += fmt::format("{:02x}", static_cast<unsigned>(byte));
  EXPECT_EQ(bytes,
            "0801"
            "12020801"
            "1a20" +
                hex(hash_of("\x08\x01")));
}

TEST(TokenFile, NoDamageGoesUnseen) {
  const std::vector<std::byte> bytes = encode_token_file(two_tokens());
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int other = 0; other < 256; ++other) {
      if (bytes[at] == static_cast<std::byte>(other)) continue;
      std::vector<std::byte> damaged = bytes;
      damaged[at] = static_cast<std::byte>(other);
      const auto decoded = decode_token_file(damaged);
      ASSERT_FALSE(decoded) << at << " " << other;
      EXPECT_EQ(decoded.error().code(), ErrorCode::kCorruption);
    }
  }
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_token_file(std::span(bytes).first(size))) << size;
}

TEST(TokenFile, WhatNoStoreWritesIsRefused) {
  const auto refused = [](TokenFile file) { return decode_token_file(encode_token_file(file)).error().message(); };
  EXPECT_THAT(refused({2, {token(2, "a", kAdmin)}}), HasSubstr("order"));
  EXPECT_THAT(refused({9, {token(2, "a", kAdmin), token(1, "b", kAdmin)}}), HasSubstr("order"));
  EXPECT_THAT(refused({9, {token(1, "a", kAdmin), token(2, "a", kAdmin)}}), HasSubstr("twice"));
  EXPECT_THAT(refused({9, {token(1, "", kAdmin)}}), HasSubstr("name"));
  EXPECT_THAT(refused({9, {token(1, "a", {})}}), HasSubstr("permissions"));
  EXPECT_THAT(refused({9, {token(1, "a", {.permissions = {{.database = "d"}}})}}), HasSubstr("neither"));
  EXPECT_THAT(refused({9, {token(1, "a", {.permissions = {{.database = "", .read = true}}})}}), HasSubstr("name"));
  EXPECT_THAT(
      refused(
          {9, {token(1, "a", {.permissions = {{.database = "d", .read = true}, {.database = "d", .write = true}}})}}),
      HasSubstr("two permissions"));
  EXPECT_THAT(refused({9, {token(1, "a", {.admin = true, .permissions = kScoped.permissions})}}), HasSubstr("admin"));
}

}  // namespace
}  // namespace magnetite::access
