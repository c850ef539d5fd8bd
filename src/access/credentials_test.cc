#include "access/credentials.h"

#include <gmock/gmock.h>

namespace magnetite::access {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TokenOf, EachWayOfTheApisIsUnderstood) {
  const std::pair<Credentials, std::string> cases[] = {
      {{""}, ""},
      {{"Bearer apiv3_x"}, "apiv3_x"},
      {{"Token apiv3_x"}, "apiv3_x"},
      {{"Basic dXNlcjphcGl2M194"}, "apiv3_x"},  // user:apiv3_x
      {{"Basic OmFwaXYzX3g="}, "apiv3_x"},      // :apiv3_x
      {{"Basic dTp4eQ=="}, "xy"},               // u:xy
      {{"", "apiv3_x"}, "apiv3_x"},
      {{"Token header", "parameter"}, "header"},
  };
  for (const auto& [sent, token] : cases) EXPECT_EQ(token_of(sent).value(), token) << sent.authorization;
}

TEST(TokenOf, WhatIsMalformedIsSaidAndNotQuoted) {
  for (const char* sent : {"Bearer", "Bearer ", "Bearer  secret", "Bearer secret secret", "bearer secret",
                           "TOKEN secret", "Basic", "Basic secret", "Basic !!!!", "Basic c2VjcmV0",  // no colon
                           "Basic dXNlcjo=",                                                         // no token
                           "Basic dTpzZWNyZXQ6eA==",                                                 // u:secret:x
                           "Basic ====", "Basic dTp4eQ==dTp4", "Digest secret", "secret", " Bearer secret"}) {
    const auto token = token_of({sent, "secret"});
    ASSERT_FALSE(token) << sent;
    EXPECT_EQ(token.error().code(), ErrorCode::kInvalidInput) << sent;
    EXPECT_THAT(token.error().message(), Not(HasSubstr("secret"))) << sent;
  }
}

TEST(TokenOf, AnyBytesAreHandled) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    for (const std::string& sent : {one, "Basic " + std::string(4, one[0]), "Basic dTp" + one, "Token " + one})
      static_cast<void>(token_of({sent}));
  }
  EXPECT_FALSE(token_of({"Basic " + std::string(1 << 20, 'A')}));
}

}  // namespace
}  // namespace magnetite::access
