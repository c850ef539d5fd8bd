#include "model/ids.h"

#include <gtest/gtest.h>

namespace magnetite::model {
namespace {

TEST(Uuid, TextRoundTrips) {
  const Uuid uuid = Uuid::random();
  EXPECT_EQ(Uuid::parse(uuid.text()).value(), uuid);
  EXPECT_NE(Uuid::random(), uuid);
}

TEST(Uuid, GarbageIsRefused) {
  for (const char* text : {"", "1", "0123456789abcdef0123456789abcdef0123", "g1234567-0123-4123-8123-0123456789ab",
                           "01234567_0123-4123-8123-0123456789ab"})
    EXPECT_FALSE(Uuid::parse(text)) << text;
}

TEST(DatabaseName, RefusesEmptyLongControlAndDots) {
  EXPECT_TRUE(check_database_name("my org/bucket"));
  EXPECT_FALSE(check_database_name(""));
  EXPECT_FALSE(check_database_name(std::string(65, 'a')));
  EXPECT_FALSE(check_database_name("a\nb"));
  EXPECT_FALSE(check_database_name(".."));
}

TEST(ChunkAddress, PrintsAsUsersKnowIt) {
  EXPECT_EQ((ChunkAddress{"db", "table", "part", ChunkId{7}}).text(), "Chunk('db':'table':'part':7)");
}

}  // namespace
}  // namespace magnetite::model
