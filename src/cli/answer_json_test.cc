#include "cli/answer_json.h"

#include <gtest/gtest.h>
#include <influxdata/iox/management/v1/service.pb.h>

namespace magnetite::cli {
namespace {

TEST(AnswerJson, UuidsAreReadAsTheyAreShown) {
  const std::string bytes = "\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef";
  const std::string text = "01234567-89ab-cdef-0123-456789abcdef";
  EXPECT_EQ(uuid_text(bytes), text);
  EXPECT_EQ(uuid_bytes(text), bytes);
  EXPECT_EQ(uuid_bytes("01234567-89AB-CDEF-0123-456789ABCDEF"), bytes);
  for (const std::string& wrong : {std::string(), std::string("01234567"), "x" + text.substr(1), text + "0",
                                   std::string("0123456789ab-cdef-0123-456789abcdef-"), std::string(36, '-')})
    EXPECT_EQ(uuid_bytes(wrong), "") << wrong;
  EXPECT_EQ(uuid_text("short"), "");
}

TEST(AnswerJson, RemotesAreATable) {
  EXPECT_EQ(remotes_text({}), "no remotes configured");
  EXPECT_EQ(remotes_json({}), "[]");
  management::Remote remote;
  remote.set_id(7);
  remote.set_connection_string("http://there:8082");
  EXPECT_EQ(remotes_text({&remote, 1}),
            "+----+-------------------+\n"
            "| ID | Connection string |\n"
            "+----+-------------------+\n"
            "| 7  | http://there:8082 |\n"
            "+----+-------------------+");
  EXPECT_EQ(remotes_json({&remote, 1}),
            "[\n  {\n    \"id\": 7,\n    \"connection_string\": \"http://there:8082\"\n  }\n]");
}

TEST(AnswerJson, ADeletedDatabaseSaysHowItComesBack) {
  management::DeleteDatabaseResponse answer;
  EXPECT_EQ(delete_answer_text("home", answer), "Deleted home");
  answer.set_uuid(std::string(16, '\x11'));
  answer.mutable_purge_at()->set_seconds(1'700'000'000);
  EXPECT_EQ(delete_answer_text("home", answer),
            "Deleted home; until 2023-11-14T22:13:20.000000000Z `magnetite database restore home --uuid "
            "11111111-1111-1111-1111-111111111111` brings it back");
}

}  // namespace
}  // namespace magnetite::cli
