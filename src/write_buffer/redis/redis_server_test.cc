// The conformance suite over a real server, and what only a real one shows. The one who starts it says where it is:
//   MAGNETITE_TEST_REDIS=127.0.0.1:6379 write_buffer_redis_server_test
// It is asked to log in, to change settings and to kill connections: it must be for this test alone.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <map>

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
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LogKind;
using testing::LogUnderTest;
using testing::WriteBufferConformance;
using testing::WriteBufferCreation;
using testing::WriteBufferForeignRecords;

constexpr SequencerId kFirst{0};

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
    if (is_used_) remove();
  }
  void remove() {
    const Reply found = ask({"KEYS", name_ + ":*"}).value();
    for (size_t i = 0; i < found->elements; ++i) call({"DEL", text_of(*found->element[i])});
  }

  RedisConnection connection(Creation creation) {
    is_used_ = true;
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
    const Reply marker = ask({"GET", marker_key(name_)}).value();
    return stream_key(name_, parse_marker(text_of(*marker)).value(), sequencer.value);
  }
  std::string call(std::initializer_list<std::string_view> arguments) {
    const auto reply = ask(arguments);
    EXPECT_TRUE(reply) << reply.error().describe();
    return reply ? std::string(text_of(**reply)) : std::string();
  }
  const std::string& name() const { return name_; }

 private:
  // Over a connection that tests may kill.
  Result<Reply> ask(std::initializer_list<std::string_view> arguments) {
    for (int i = 0; i < 2; ++i) {
      if (client_ == nullptr)
        client_ =
            Client::connect({&executor_.clock(), connection(Creation::kForbidden), kLimits.request_timeout}).value();
      auto reply = client_->call(arguments);
      if (reply || reply.error().code() != ErrorCode::kUnavailable) return reply;
      client_.reset();
    }
    return fail(ErrorCode::kUnavailable, "the server does not answer");
  }

  Executor& executor_;
  const uint32_t sequencers_;
  const std::string name_ = "test-" + model::Uuid::random().text();
  std::unique_ptr<Client> client_;
  std::atomic<bool> is_used_ = false;  // tests open from several threads
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
  MonoTime now() { return executor_.clock().mono_now(); }
  MonoTime soon() { return now() + seconds(60); }
  static void store(Writer& writer, std::initializer_list<const char*> payloads) {
    for (const char* payload : payloads)
      ASSERT_TRUE(writer.store(kFirst, {{}, payload}, system_clock().mono_now() + seconds(60)));
  }
  std::string read(const Streams& streams) {
    const auto record = streams.at(kFirst)->next(soon());
    return record ? *record ? (*record)->payload : "nothing" : record.error().describe();
  }
  // Tells the one who started the server what to do with it, and waits until that is done.
  static void tell(std::string_view order) {
    std::cout << "order: " << order << std::endl;
    std::string answer;
    ASSERT_TRUE(std::getline(std::cin, answer));
    ASSERT_EQ(answer, "done");
  }

  testing::ShiftedExecutor executor_;
  RedisPlace place_{executor_, 1};
};

TEST_F(RedisServer, IsThereForTheConformanceSuite) { EXPECT_FALSE(kinds().empty()); }

TEST_F(RedisServer, NothingAcknowledgedIsLostOverAKillAndARestart) {
  if (environment("MAGNETITE_TEST_REDIS_ORDERS").empty()) GTEST_SKIP() << "nobody kills the server for this";
  constexpr size_t kBefore = 2'000;
  constexpr size_t kMeanwhile = 200;
  const auto writer = place_.open_writer(Creation::kAllowed).value();
  const auto reader = place_.open_reader(Creation::kAllowed).value();
  const Streams streams = reader->streams().value();
  std::vector<std::string> payloads;
  payloads.reserve(kBefore + kMeanwhile);
  std::vector<std::shared_ptr<PendingAppend>> pending;
  const auto append = [&] {
    payloads.push_back(std::to_string(payloads.size()) + std::string(1'000, 'x'));
    pending.push_back(writer->append(kFirst, {{}, payloads.back()}).value());
  };
  for (size_t i = 0; i < kBefore; ++i) append();
  ASSERT_TRUE(pending.front()->wait_until(soon()).value());
  tell("kill");
  for (size_t i = 0; i < kMeanwhile; ++i) append();
  tell("start");
  std::map<uint64_t, std::string> acknowledged;
  size_t unclear = 0;
  for (size_t i = 0; i < pending.size(); ++i) {
    const auto outcome = pending[i]->wait_until(soon() + kLimits.write_timeout);
    ASSERT_TRUE(outcome);
    if (*outcome) {
      EXPECT_TRUE(acknowledged.emplace((*outcome)->sequence.number.value, payloads[i]).second);
    } else {
      EXPECT_EQ(outcome->error().code(), ErrorCode::kUnclear) << outcome->error().describe();
      ++unclear;
    }
  }
  EXPECT_TRUE(pending.back()->wait_until(now())->has_value()) << "what was appended meanwhile is stored in the end";
  std::map<uint64_t, std::string> read;
  for (uint64_t next = 0; next <= acknowledged.rbegin()->first;) {
    const auto record = streams.at(kFirst)->next(soon());
    ASSERT_TRUE(record) << record.error().describe();
    ASSERT_TRUE(*record);
    EXPECT_GE((*record)->stored_at.sequence.number.value, next) << "in order, each once";
    next = (*record)->stored_at.sequence.number.value + 1;
    read.emplace(next - 1, (*record)->payload);
  }
  for (const auto& [number, payload] : acknowledged) EXPECT_EQ(read[number], payload) << number;
  EXPECT_LE(read.size(), acknowledged.size() + unclear);
}

TEST_F(RedisServer, ALogThatWasMadeAgainIsAnotherForEver) {
  const auto writer = place_.open_writer(Creation::kAllowed).value();
  const auto reader = place_.open_reader(Creation::kAllowed).value();
  store(*writer, {"a"});
  const Streams streams = reader->streams().value();
  EXPECT_EQ(read(streams), "a");
  place_.call({"DEL", marker_key(place_.name()), place_.key(kFirst)});
  const auto made_again = place_.open_writer(Creation::kAllowed).value();
  EXPECT_NE(made_again->log_id(), writer->log_id());
  store(*made_again, {"b"});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(writer->store(kFirst, {{}, "x"}, soon()).error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_EQ(streams.at(kFirst)->next(now()).error().code(), ErrorCode::kFailedPrecondition);
  }
  EXPECT_THAT(reader->status().problem, HasSubstr("made again"));
  EXPECT_EQ(reader->high_watermark(kFirst).error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(read(place_.open_reader(Creation::kForbidden).value()->streams().value()), "b");
}

TEST_F(RedisServer, AReaderThatWaitsFindsOutThatItsLogIsGone) {
  const auto writer = place_.open_writer(Creation::kAllowed).value();
  RedisLimits limits = kLimits;
  limits.log_check_interval = std::chrono::milliseconds(100);
  const auto reader = open_redis_reader(executor_, place_.connection(Creation::kForbidden), "unused", limits).value();
  const Streams streams = reader->streams().value();
  EXPECT_FALSE(streams.at(kFirst)->next(now()).value());
  place_.call({"DEL", marker_key(place_.name()), place_.key(kFirst)});
  EXPECT_EQ(streams.at(kFirst)->next(kNever).error().code(), ErrorCode::kFailedPrecondition);
}

TEST_F(RedisServer, AnEntryWithAnIdOfItsOwnIsAnErrorItemAndNoRecordCanFollow) {
  const auto writer = place_.open_writer(Creation::kAllowed).value();
  store(*writer, {"a"});
  place_.call({"XADD", place_.key(kFirst), "*", "somebody", "else"});
  const Error refused = writer->store(kFirst, {{}, "b"}, soon()).error();
  EXPECT_EQ(refused.code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("an id of its own"));
  const auto reader = place_.open_reader(Creation::kForbidden).value();
  const Streams streams = reader->streams().value();
  EXPECT_EQ(read(streams), "a");
  EXPECT_EQ(streams.at(kFirst)->next(soon()).error().code(), ErrorCode::kCorruption);
  EXPECT_FALSE(streams.at(kFirst)->next(now()).value());
  EXPECT_EQ(streams.at(kFirst)->position(), SequenceNumber{1});
  EXPECT_EQ(place_.open_writer(Creation::kForbidden).error().code(), ErrorCode::kFailedPrecondition);
}

TEST_F(RedisServer, RecordsRemovedBeforeTheyWereReadStopTheStreamUntilASeek) {
  const auto writer = place_.open_writer(Creation::kAllowed).value();
  const auto reader = place_.open_reader(Creation::kForbidden).value();
  store(*writer, {"0"});
  {
    const Streams streams = reader->streams().value();
    EXPECT_EQ(read(streams), "0");
    EXPECT_FALSE(streams.at(kFirst)->next(now()).value());
    store(*writer, {"1", "2", "3"});
    place_.call({"XTRIM", place_.key(kFirst), "MINID", "1-3"});
    for (int i = 0; i < 2; ++i) {
      const Error lost = streams.at(kFirst)->next(soon()).error();
      EXPECT_EQ(lost.code(), ErrorCode::kFailedPrecondition);
      EXPECT_THAT(lost.message(), HasSubstr("from number 1 on were removed"));
    }
    EXPECT_THAT(reader->status().problem, HasSubstr("were removed"));
  }
  ASSERT_TRUE(reader->seek(kFirst, SequenceNumber{1}));
  EXPECT_EQ(read(reader->streams().value()), "3");
  EXPECT_THAT(reader->status().problem, IsEmpty());
}

TEST_F(RedisServer, ASingleEntryThatAnOperatorTookOutIsPassedOver) {
  const auto writer = place_.open_writer(Creation::kAllowed).value();
  const auto reader = place_.open_reader(Creation::kForbidden).value();
  const Streams streams = reader->streams().value();
  store(*writer, {"0", "1", "2"});
  place_.call({"XDEL", place_.key(kFirst), "1-1"});
  EXPECT_EQ(read(streams), "0");
  EXPECT_EQ(read(streams), "2");
}

TEST_F(RedisServer, AStreamThatWentBackStopsItsReaders) {
  const auto writer = place_.open_writer(Creation::kAllowed).value();
  const auto reader = place_.open_reader(Creation::kForbidden).value();
  store(*writer, {"0", "1"});
  const Streams streams = reader->streams().value();
  EXPECT_EQ(read(streams), "0");
  EXPECT_EQ(read(streams), "1");
  // As if an older copy of the server's files was put back.
  const std::string key = place_.key(kFirst);
  place_.call({"DEL", key});
  place_.call({"XADD", key, "1-0", "time", "1", "payload", "0"});
  const auto next = streams.at(kFirst)->next(now());
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(next.error().message(), HasSubstr("went back"));
}

TEST_F(RedisServer, LostConnectionsAreMadeAgain) {
  const auto writer = place_.open_writer(Creation::kAllowed).value();
  const auto reader = place_.open_reader(Creation::kForbidden).value();
  const Streams streams = reader->streams().value();
  for (const char* payload : {"a", "b"}) {
    store(*writer, {payload});
    EXPECT_EQ(read(streams), payload);
    EXPECT_TRUE(reader->high_watermark(kFirst));
    place_.call({"CLIENT", "KILL", "TYPE", "normal"});
  }
  EXPECT_TRUE(reader->low_watermark(kFirst));
}

TEST_F(RedisServer, ManyLargeEntriesAfterManySmallOnesComeInPieces) {
  constexpr uint64_t kSmall = 3'000;
  constexpr uint64_t kLarge = 800;  // more than one answer may hold
  const auto writer = place_.open_writer(Creation::kAllowed).value();
  const std::string large(100'000, 'x');
  std::vector<std::shared_ptr<PendingAppend>> pending;
  for (uint64_t i = 0; i < kSmall + kLarge; ++i)
    pending.push_back(writer->append(kFirst, {{}, i < kSmall ? std::string_view("small") : large}).value());
  for (const auto& each : pending) ASSERT_TRUE(each->wait_until(soon()).value());
  const auto reader = place_.open_reader(Creation::kForbidden).value();
  const Streams streams = reader->streams().value();
  for (uint64_t i = 0; i < kSmall + kLarge; ++i) {
    const auto record = streams.at(kFirst)->next(soon()).value();
    ASSERT_TRUE(record);
    ASSERT_EQ(record->stored_at.sequence.number.value, i);
    ASSERT_EQ(record->payload.size(), i < kSmall ? 5u : large.size());
  }
}

TEST_F(RedisServer, UnsafeSettingsAreRefusedUntilTheyAreSetRight) {
  const struct {
    const char* name;
    const char* unsafe;
    const char* safe;
  } settings[] = {
      {"appendfsync", "everysec", "always"}, {"no-appendfsync-on-rewrite", "yes", "no"}, {"appendonly", "no", "yes"}};
  for (const auto& setting : settings) {
    place_.call({"CONFIG", "SET", setting.name, setting.unsafe});
    const auto refused = place_.open_writer(Creation::kAllowed);
    place_.call({"CONFIG", "SET", setting.name, setting.safe});
    ASSERT_FALSE(refused) << setting.name;
    EXPECT_EQ(refused.error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(refused.error().message(),
                HasSubstr(fmt::format("{} is '{}' and must be '{}'", setting.name, setting.unsafe, setting.safe)));
  }
  place_.call({"CONFIG", "SET", "maxmemory", "1gb"});
  place_.call({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  const auto refused = place_.open_writer(Creation::kAllowed);
  place_.call({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  place_.call({"CONFIG", "SET", "maxmemory", "0"});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("maxmemory-policy"));
  EXPECT_EQ(place_.open_reader(Creation::kForbidden).error().code(), ErrorCode::kNotFound) << "nothing was made";
  EXPECT_TRUE(place_.open_writer(Creation::kAllowed));
}

TEST_F(RedisServer, AServerWithoutMemoryRefusesAndTakesWhatComesLater) {
  const auto writer = place_.open_writer(Creation::kAllowed).value();
  place_.call({"CONFIG", "SET", "maxmemory", "1"});
  std::vector<std::shared_ptr<PendingAppend>> pending;
  for (int i = 0; i < 10; ++i) pending.push_back(writer->append(kFirst, {{}, "x"}).value());
  for (const auto& each : pending) EXPECT_EQ(each->wait_until(soon())->error().code(), ErrorCode::kResourceExhausted);
  EXPECT_THAT(writer->status().problem, HasSubstr("OOM"));
  place_.call({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(writer->store(kFirst, {{}, "y"}, soon()).value().sequence.number, SequenceNumber{0});
  EXPECT_THAT(writer->status().problem, IsEmpty());
}

TEST_F(RedisServer, UsersPasswordsAndDatabasesAreThoseOfTheConnection) {
  const std::string user = place_.name();
  RedisConnection connection = place_.connection(Creation::kAllowed);
  place_.call({"ACL", "SETUSER", user, "on", ">secret", "~" + user + ":*", "+@all", "-config"});
  connection.user = user;
  connection.password = "wrong";
  connection.db = 3;
  const Error wrong = open_redis_writer(executor_, connection, "unused", kLimits).error();
  EXPECT_EQ(wrong.code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(wrong.message(), HasSubstr("WRONGPASS"));
  connection.password = "secret";
  const Error blind = open_redis_writer(executor_, connection, "unused", kLimits).error();
  EXPECT_EQ(blind.code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(blind.message(), HasSubstr("CONFIG GET is refused"));
  // The commands that the documentation names are enough.
  place_.call({"ACL",    "SETUSER", user,      "-@all",        "+get",         "+set",       "+del",
               "+xadd",  "+xdel",   "+xread",  "+xtrim",       "+xinfo",       "+exists",    "+eval_ro",
               "+multi", "+exec",   "+select", "+client|info", "+client|kill", "+config|get"});
  const auto writer = open_redis_writer(executor_, connection, "unused", kLimits);
  ASSERT_TRUE(writer) << writer.error().describe();
  store(**writer, {"a"});
  ASSERT_TRUE((*writer)->trim(kFirst, SequenceNumber{0}));
  const auto reader = open_redis_reader(executor_, connection, "unused", kLimits);
  ASSERT_TRUE(reader) << reader.error().describe();
  EXPECT_EQ(read((*reader)->streams().value()), "a");
  EXPECT_EQ(place_.open_reader(Creation::kForbidden).error().code(), ErrorCode::kNotFound) << "it is in database 3";
  place_.call({"SELECT", "3"});
  place_.remove();
  place_.call({"SELECT", "0"});
  place_.call({"ACL", "DELUSER", user});
}

TEST_F(RedisServer, OnlyAConnectionThatSaysSoTrims) {
  RedisConnection connection = place_.connection(Creation::kAllowed);
  connection.trim = false;
  const auto writer = open_redis_writer(executor_, connection, "unused", kLimits).value();
  std::vector<std::shared_ptr<PendingAppend>> pending;
  for (int i = 0; i < 1'000; ++i) pending.push_back(writer->append(kFirst, {{}, "x"}).value());
  for (const auto& each : pending) ASSERT_TRUE(each->wait_until(soon()).value());
  const auto reader = place_.open_reader(Creation::kForbidden).value();
  ASSERT_TRUE(writer->trim(kFirst, SequenceNumber{900}));
  EXPECT_EQ(reader->low_watermark(kFirst).value(), SequenceNumber{0});
  const auto trimming = place_.open_writer(Creation::kForbidden).value();
  ASSERT_TRUE(trimming->trim(kFirst, SequenceNumber{900}));
  EXPECT_GT(reader->low_watermark(kFirst).value(), SequenceNumber{700}) << "whole nodes of the stream go";
}

}  // namespace
}  // namespace magnetite::write_buffer::redis
namespace magnetite::write_buffer::testing {
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WriteBufferConformance);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WriteBufferCreation);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WriteBufferForeignRecords);
}  // namespace magnetite::write_buffer::testing
