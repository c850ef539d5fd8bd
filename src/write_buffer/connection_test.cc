#include "write_buffer/connection.h"

#include <gmock/gmock.h>

namespace magnetite::write_buffer {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Good {
  std::string_view text;
  Connection parsed;
  std::string described;
};

TEST(Connection, IsReadFromOneLine) {
  const std::vector<Good> table = {
      {"kafka://broker:9093", KafkaConnection{.brokers = {{"broker", 9093}}}, "kafka://broker:9093/"},
      {"kafka://a,b:1,[::1]:2/my.topic",
       KafkaConnection{.brokers = {{"a", 9092}, {"b", 1}, {"::1", 2}}, .topic = "my.topic"},
       "kafka://a:9092,b:1,[::1]:2/my.topic"},
      {"kafka://a/t?n_sequencers=8&replication=3&trim=on&sasl.password=a%26b%3D&linger.ms=0",
       KafkaConnection{.brokers = {{"a", 9092}},
                       .topic = "t",
                       .n_sequencers = 8,
                       .replication = 3,
                       .trim = true,
                       .options = {{"sasl.password", "a&b="}, {"linger.ms", "0"}}},
       "kafka://a:9092/t"},
      {"redis://host", RedisConnection{.server = {"host", 6379}}, "redis://host:6379/0?stream="},
      {"redis://me:p%40ss:word@host:1/3?stream=log&n_sequencers=2&trim=off&durability=reported",
       RedisConnection{.server = {"host", 1},
                       .user = "me",
                       .password = "p@ss:word",
                       .db = 3,
                       .stream = "log",
                       .n_sequencers = 2,
                       .trim = false,
                       .durability_required = false},
       "redis://host:1/3?stream=log"},
      {"redis://:secret@[::1]/", RedisConnection{.server = {"::1", 6379}, .password = "secret"},
       "redis://[::1]:6379/0?stream="},
      {"file:some/folder?n_sequencers=4", FileConnection{"some/folder", 4}, "file:some/folder"},
      {"file:/a%3Fb", FileConnection{"/a?b", {}}, "file:/a?b"},
      {"memory:x", MemoryConnection{"x", {}}, "memory:x"},
  };
  for (const Good& row : table) {
    const auto parsed = parse_connection(row.text);
    ASSERT_TRUE(parsed) << row.text << ": " << parsed.error().describe();
    EXPECT_EQ(*parsed, row.parsed) << row.text;
    EXPECT_EQ(describe(*parsed), row.described);
  }
}

TEST(Connection, SaysWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"", "begins with none"},
      {"http://x", "begins with none"},
      {"kafka://", "a host is missing"},
      {"kafka://a,", "a host is missing"},
      {"kafka://a:", "a port is missing"},
      {"kafka://a:0", "from 1 to 65535"},
      {"kafka://a:65536", "from 1 to 65535"},
      {"kafka://a:1x", "from 1 to 65535"},
      {"kafka://::1:9092", "in brackets"},
      {"kafka://[::1", "without its ']'"},
      {"kafka://[::1]9092", "after ']'"},
      {"kafka://a b", "a character that none has"},
      {"kafka://a/t/u", "cannot name a topic"},
      {"kafka://a/..", "cannot name a topic"},
      {"kafka://a/my%20topic", "cannot name a topic"},
      {"kafka://a/" + std::string(250, 't'), "cannot name a topic"},
      {"kafka://a?n_sequencers=0", "n_sequencers must be a number from 1 to 64"},
      {"kafka://a?n_sequencers=-1", "n_sequencers must be a number from 1 to 64"},
      {"kafka://a?n_sequencers=65", "n_sequencers must be a number from 1 to 64"},
      {"kafka://a?replication=0", "replication must be"},
      {"kafka://a?trim=yes", "'on' or 'off'"},
      {"kafka://a?x", "key=value"},
      {"kafka://a?=x", "key=value"},
      {"kafka://a?x=1&x=2", "given twice"},
      {"kafka://a?x=%4", "hexadecimal"},
      {"kafka://a?x=%zz", "hexadecimal"},
      {"kafka://a?x=%00", "%00"},
      {"kafka://a\n", "control character"},
      {"redis://host/x", "the database after '/'"},
      {"redis://host?stream=", "must not be empty"},
      {"redis://host?topic=x", "no option 'topic'"},
      {"redis://host?durability=none", "'required' or 'reported'"},
      {"redis://secret@host", "user:password"},
      {"file:", "needs a name"},
      {"file:x?trim=on", "no option 'trim'"},
      {"memory:", "needs a name"},
      {"memory:" + std::string(5'000, 'x'), "longer than"},
  };
  for (const auto& [text, problem] : table) {
    const auto parsed = parse_connection(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalidInput) << text;
    EXPECT_THAT(parsed.error().message(), HasSubstr(problem)) << text;
    EXPECT_THAT(parsed.error().message(), Not(HasSubstr("secret"))) << text;
  }
}

TEST(Connection, EveryTruncationIsReadOrRefused) {
  const std::string whole = "redis://me:pass%40word@[::1]/3?stream=a%26b&n_sequencers=2&durability=reported";
  for (size_t size = 0; size <= whole.size(); ++size) {
    const auto parsed = parse_connection(std::string_view(whole).substr(0, size));
    if (parsed) {
      EXPECT_EQ(std::get<RedisConnection>(*parsed).server.port, 6379);
    }
  }
}

TEST(WithoutSecrets, ShowsAllButThem) {
  const std::pair<std::string, std::string> table[] = {
      {"kafka://a:1,b:2/topic?n_sequencers=3", "kafka://a:1,b:2/topic?n_sequencers=3"},
      {"redis://host:1/2?stream=s", "redis://host:1/2?stream=s"},
      {"redis://me:secret@host/2?stream=s", "redis://me:***@host/2?stream=s"},
      {"redis://:secret@[::1]:6379", "redis://:***@[::1]:6379"},
      {"redis://me:sec:ret@cret@host", "redis://me:***@host"},
      {"redis://secret@host", "redis://***@host"},
      {"kafka://u:secret@a", "kafka://u:***@a"},
      {"kafka://a/t?sasl.username=me&sasl.password=secret&trim=on",
       "kafka://a/t?sasl.username=me&sasl.password=***&trim=on"},
      {"kafka://a?ssl.key.password=secret", "kafka://a?ssl.key.password=***"},
      {"kafka://a?ssl.key.pem=secret&sasl.oauthbearer.client.secret=secret&sasl.oauthbearer.config=secret",
       "kafka://a?ssl.key.pem=***&sasl.oauthbearer.client.secret=***&sasl.oauthbearer.config=***"},
      {"kafka://a?sasl.pass%77ord=secret", "kafka://a?sasl.pass%77ord=***"},
      {"kafka://a?sasl%zz=secret", "kafka://a?sasl%zz=***"},
      {"file:folder@home?n_sequencers=2", "file:folder@home?n_sequencers=2"},
      {"", ""},
      {"?", "?"},
      {"x?a&&b&", "x?a&&b&"},
  };
  for (const auto& [text, shown] : table) EXPECT_EQ(without_secrets(text), shown);
}

}  // namespace
}  // namespace magnetite::write_buffer
