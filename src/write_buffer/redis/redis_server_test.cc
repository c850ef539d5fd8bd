// The conformance suite over a real server, and what only a real one shows. The one who starts it says where it is:
//   MAGNETITE_TEST_REDIS=127.0.0.1:6379 write_buffer_redis_test
// It is asked to log in, to change settings and to kill connections: it must be for this test alone.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <iostream>

#include "write_buffer/redis/client.h"
#include "write_buffer/redis/redis_log.h"
#include "write_buffer/redis/stored_log.h"
#include "write_buffer/testing/conformance.h"

namespace magnetite::write_buffer::redis {
namespace {

using model::SequenceNumber;
using model::SequencerId;
using std::chrono::seconds;
using testing::Creation;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LogKind;
using testing::LogUnderTest;
using ::testing::Not;
using testing::WriteBufferConformance;
using testing::WriteBufferCreation;
using testing::WriteBufferForeignRecords;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// A busy machine may be slow; nothing here is about speed.
constexpr RedisLimits kLimits{.request_timeout = seconds(60), .write_timeout = seconds(120)};

RedisConnection connection_of(std::string stream, std::optional<uint32_t> sequencers) {
  auto connection =
      std::get<RedisConnection>(parse_connection("redis://" + environment("MAGNETITE_TEST_REDIS")).value());
  connection.stream = std::move(stream);
  connection.n_sequencers = sequencers;
  return connection;
}

// A log of its own, removed in the end, and a connection to spoil it with.
class RedisPlace final : public LogUnderTest {
 public:
  RedisPlace(Executor& executor, uint32_t sequencers) : executor_(executor), sequencers_(sequencers) {}
  ~RedisPlace() override {
    if (const auto found = client().call({"KEYS", name_ + ":*"}))
      for (size_t i = 0; i < (*found)->elements; ++i) call({"DEL", text_of(*(*found)->element[i])});
  }
  RedisConnection connection(Creation creation) const {
    return connection_of(name_, creation == Creation::kAllowed ? std::optional(sequencers_) : std::nullopt);
  }
  Result<std::shared_ptr<Writer>> open_writer(Creation creation) override {
    return open_redis_writer(executor_, connection(creation), "unused", kLimits);
  }
  Result<std::shared_ptr<Reader>> open_reader(Creation creation) override {
    return open_redis_reader(executor_, connection(creation), "unused", kLimits);
  }
  void put_foreign(SequencerId sequencer) override { call({"XADD", key(sequencer), "1-*", "somebody", "else"}); }

  std::string key(SequencerId sequencer) {
    return stream_key(name_, open_log(client(), name_, std::nullopt).value(), sequencer.value);
  }
  std::string call(std::initializer_list<std::string_view> arguments) {
    const auto reply = client().call(arguments);
    EXPECT_TRUE(reply) << reply.error().describe();
    return reply ? std::string(text_of(**reply)) : std::string();
  }
  const std::string& name() const { return name_; }

 private:
  Client& client() {
    if (client_ == nullptr)
      client_ =
          Client::connect({&executor_.clock(), connection(Creation::kForbidden), kLimits.request_timeout}).value();
    return *client_;
  }

  Executor& executor_;
  const uint32_t sequencers_;
  const std::string name_ = "test-" + model::Uuid::random().text();
  std::unique_ptr<Client> client_;
};

const LogKind kRedis{"redis", [](Executor& executor, uint32_t sequencers) -> std::unique_ptr<LogUnderTest> {
                       return std::make_unique<RedisPlace>(executor, sequencers);
                     }};
std::vector<LogKind> kinds() {
  return environment("MAGNETITE_TEST_REDIS").empty() ? std::vector<LogKind>() : std::vector{kRedis};
}
INSTANTIATE_TEST_SUITE_P(Redis, WriteBufferConformance, ::testing::ValuesIn(kinds()));
INSTANTIATE_TEST_SUITE_P(Redis, WriteBufferCreation, ::testing::ValuesIn(kinds()));
INSTANTIATE_TEST_SUITE_P(Redis, WriteBufferForeignRecords, ::testing::ValuesIn(kinds()));

class RedisServer : public ::testing::Test {
 protected:
  void SetUp() override {
    if (environment("MAGNETITE_TEST_REDIS").empty()) GTEST_SKIP() << "MAGNETITE_TEST_REDIS names no server";
  }
};

TEST_F(RedisServer, IsThereForTheConformanceSuite) { EXPECT_FALSE(kinds().empty()); }

}  // namespace
}  // namespace magnetite::write_buffer::redis
namespace magnetite::write_buffer::testing {
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WriteBufferConformance);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WriteBufferCreation);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WriteBufferForeignRecords);
}  // namespace magnetite::write_buffer::testing
