// What a writer does when its server fails, against one that fails when it is told to.
#include <gmock/gmock.h>

#include <algorithm>
#include <future>

#include "write_buffer/redis/redis_log.h"
#include "write_buffer/redis/testing/fake_redis.h"

namespace magnetite::write_buffer {
namespace {

using model::SequenceNumber;
using model::SequencerId;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Contains;
using testing::FakeRedis;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr SequencerId kFirst{0};
constexpr RedisLimits kPatient{.request_timeout = minutes(10), .write_timeout = minutes(10)};

class RedisFaults : public ::testing::Test {
 protected:
  std::shared_ptr<Writer> open(const RedisLimits& limits = kPatient) {
    return open_redis_writer(*executor_, server_.connection(), "unused", limits).value();
  }
  Error open_error(const RedisConnection& connection) {
    const auto opened = open_redis_writer(*executor_, connection, "unused", kPatient);
    return opened ? Error(ErrorCode::kInternal, "opened") : opened.error();
  }
  MonoTime soon() { return executor_->clock().mono_now() + seconds(60); }
  Result<StoredAt> store(Writer& writer, std::string_view payload = "x") {
    return writer.store(kFirst, {{}, payload}, soon());
  }
  Result<StoredAt> outcome(PendingAppend& pending) {
    return pending.wait_until(soon()).value_or(fail(ErrorCode::kInternal, "not known"));
  }
  static auto reply(std::string text) {
    return [text = std::move(text)](const FakeRedis::Command&) { return std::optional(text); };
  }
  void lose(const std::string& command) {
    server_.answer(command, [](const FakeRedis::Command&) { return std::optional<std::string>(); });
  }

  FakeRedis server_;
  const std::unique_ptr<Executor> executor_ = make_thread_executor();
};

TEST_F(RedisFaults, AConnectionThatIsLostWithAnAppendLeavesItUnclearAndCannotStoreItLater) {
  const auto writer = open();
  lose("XADD");
  EXPECT_EQ(store(*writer).error().code(), ErrorCode::kUnclear);
  server_.answer("XADD", {});
  EXPECT_TRUE(store(*writer));
  const auto seen = server_.seen();
  const auto killed = std::ranges::find(seen, FakeRedis::Command{"CLIENT", "KILL", "ID", "1", "ADDR", "127.0.0.1:1"});
  ASSERT_NE(killed, seen.end()) << "the old connection may still hold the append";
  EXPECT_EQ(std::count_if(seen.begin(), killed, [](const auto& each) { return each.size() > 4 && each[3] == "1-*"; }),
            1)
      << "and nothing is stored before it is gone";
}

TEST_F(RedisFaults, NoAnswerIsUnclearInTheEnd) {
  const auto writer = open({.request_timeout = seconds(3)});
  server_.answer("XADD", reply(""));
  EXPECT_EQ(store(*writer).error().code(), ErrorCode::kUnclear);
}

TEST_F(RedisFaults, WhatWasNotWhollySentIsSentAgain) {
  const auto writer = open();
  server_.freeze();
  const std::string large(28 << 20, 'x');  // more than sockets hold
  const auto first = writer->append(kFirst, {{}, large}).value();
  const auto second = writer->append(kFirst, {{}, "after"}).value();
  while (!server_.holds_unread_bytes()) executor_->yield();
  server_.stop();
  server_.start();
  EXPECT_EQ(outcome(*first).value().sequence.number, SequenceNumber{0});
  EXPECT_EQ(outcome(*second).value().sequence.number, SequenceNumber{1});
}

TEST_F(RedisFaults, RefusalsAreToldApart) {
  const auto writer = open();
  const struct {
    const char* text;
    ErrorCode code;
    const char* says;
  } refusals[] = {
      {"OOM command not allowed when used memory > 'maxmemory'.", ErrorCode::kResourceExhausted, "maxmemory"},
      {"MISCONF Errors writing to the AOF file", ErrorCode::kUnavailable, "AOF"},
      {"READONLY You can't write against a read only replica.", ErrorCode::kUnavailable, "replica"},
      {"NOPERM User x has no permissions", ErrorCode::kFailedPrecondition, "permissions"},
      {"WRONGTYPE Operation against a key", ErrorCode::kFailedPrecondition, "WRONGTYPE"},
      {"ERR The ID specified in XADD is equal or smaller than the target stream top item",
       ErrorCode::kFailedPrecondition, "somebody else writes to it"},
  };
  for (const auto& refusal : refusals) {
    server_.answer("XADD", reply(FakeRedis::error(refusal.text)));
    const auto stored = store(*writer);
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code(), refusal.code) << refusal.text;
    EXPECT_THAT(stored.error().message(), HasSubstr(refusal.says));
    EXPECT_THAT(writer->status().problem, HasSubstr(refusal.says));
  }
  server_.answer("XADD", {});
  EXPECT_TRUE(store(*writer));
  EXPECT_THAT(writer->status().problem, IsEmpty()) << "over";
}

TEST_F(RedisFaults, ATransactionThatTheServerDidNotTakeAsOneIsUnclear) {
  const auto writer = open();
  server_.answer("EXEC", reply(FakeRedis::error("ERR EXEC without MULTI")));
  EXPECT_EQ(store(*writer).error().code(), ErrorCode::kUnclear);
  server_.answer("EXEC", {});
  EXPECT_TRUE(store(*writer));
}

TEST_F(RedisFaults, TheQueueIsBounded) {
  const std::string payload(1'000, 'x');
  const auto writer = open({.queue_bytes_max = 3'000, .request_timeout = minutes(10)});
  std::promise<void> release;
  server_.answer("XADD", [&, released = release.get_future().share()](const FakeRedis::Command&) {
    released.wait();
    return std::optional(FakeRedis::bulk("1-0"));
  });
  const auto taken = writer->append(kFirst, {{}, payload}).value();
  std::vector<std::shared_ptr<PendingAppend>> more;
  Error refused(ErrorCode::kInternal, "never");
  while (refused.code() == ErrorCode::kInternal) {
    if (auto next = writer->append(kFirst, {{}, payload})) {
      more.push_back(*std::move(next));
    } else {
      refused = next.error();
    }
  }
  EXPECT_EQ(refused.code(), ErrorCode::kResourceExhausted);
  EXPECT_LE(more.size(), 2u);
  release.set_value();
  server_.answer("XADD", {});
  EXPECT_TRUE(outcome(*taken));
}

TEST_F(RedisFaults, AnEntryAboveTheLimitIsRefused) {
  const auto writer = open({.record_bytes_max = 10});
  EXPECT_EQ(writer->record_bytes_max(), 10u);
  EXPECT_EQ(writer->append(kFirst, {{{"a", "b"}}, "123456789"}).error().code(), ErrorCode::kTooLarge);
  EXPECT_TRUE(store(*writer, "1234567890"));
}

TEST_F(RedisFaults, AServerThatIsAwayIsWaitedForAndThenTheAppendWasSurelyNotStored) {
  const auto writer = open({.write_timeout = milliseconds(300)});
  server_.stop();
  const auto stored = store(*writer);
  EXPECT_EQ(stored.error().code(), ErrorCode::kUnavailable) << stored.error().describe();
  EXPECT_FALSE(writer->status().problem.empty());
  server_.start();
  auto again = store(*writer);
  while (!again) again = store(*writer);
  EXPECT_THAT(writer->status().problem, IsEmpty());
  EXPECT_EQ(again->sequence.number, SequenceNumber{0}) << "what was given up is not there";
}

TEST_F(RedisFaults, ALogThatIsGoneIsRefusedForEver) {
  const auto writer = open();
  server_.answer("GET", reply(std::string(FakeRedis::kNil)));
  EXPECT_EQ(store(*writer).error().code(), ErrorCode::kUnclear) << "stored, but where nobody will look";
  server_.answer("GET", {});
  const auto refused = store(*writer);
  EXPECT_EQ(refused.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr("was deleted, or made again"));
  EXPECT_EQ(writer->trim(kFirst, {}).error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_FALSE(writer->status().accepting);
}

TEST_F(RedisFaults, AStreamThatIsGoneIsRefusedForEver) {
  const auto writer = open();
  server_.answer("XADD", reply(std::string(FakeRedis::kNil)));
  EXPECT_EQ(store(*writer).error().code(), ErrorCode::kFailedPrecondition);
  server_.answer("XADD", {});
  EXPECT_EQ(store(*writer).error().code(), ErrorCode::kFailedPrecondition);
}

TEST_F(RedisFaults, AServerThatLostAcknowledgedRecordsIsRefusedForEver) {
  for (const bool is_restarted : {false, true}) {
    server_.answer("XADD", {});
    const auto writer = open();
    while (store(*writer).value().sequence.number.value < 5) continue;
    if (is_restarted) {
      server_.stop();
      server_.answer("EVAL_RO", reply(FakeRedis::array({FakeRedis::bulk("1-2"), FakeRedis::bulk("1-0")})));
      server_.start();
    } else {
      server_.answer("XADD", reply(FakeRedis::bulk("1-3")));
    }
    const auto stored = store(*writer);
    EXPECT_EQ(stored.error().code(), is_restarted ? ErrorCode::kFailedPrecondition : ErrorCode::kUnclear);
    EXPECT_THAT(stored.error().message(), HasSubstr("the server lost records"));
    EXPECT_EQ(store(*writer).error().code(), ErrorCode::kFailedPrecondition);
  }
}

TEST_F(RedisFaults, SettingsThatMayLoseWritesAreRefusedWithTheRemedy) {
  server_.set("appendfsync", "everysec");
  RedisConnection connection = server_.connection();
  const Error refused = open_error(connection);
  EXPECT_EQ(refused.code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(),
              AllOf(HasSubstr("appendfsync is 'everysec' and must be 'always'"), HasSubstr("durability=reported")));
  EXPECT_THAT(server_.seen(), Not(Contains(Contains("SET")))) << "nothing is made there";
  connection.durability_required = false;
  const auto writer = open_redis_writer(*executor_, connection, "unused", kPatient).value();
  EXPECT_TRUE(store(*writer));
  EXPECT_TRUE(writer->status().accepting);
  EXPECT_THAT(writer->status().problem, HasSubstr("may lose acknowledged writes"));
  EXPECT_THAT(writer->status().mode, AllOf(HasSubstr("stream=log"), HasSubstr("durability=reported")));
}

TEST_F(RedisFaults, SettingsThatCannotBeSeenAreSaidToBeSo) {
  server_.answer("CONFIG", reply(FakeRedis::error("ERR unknown command 'CONFIG'")));
  RedisConnection connection = server_.connection();
  EXPECT_THAT(open_error(connection).message(), HasSubstr("CONFIG GET is refused"));
  connection.durability_required = false;
  EXPECT_TRUE(open_redis_writer(*executor_, connection, "unused", kPatient));
}

TEST_F(RedisFaults, SettingsThatBecomeUnsafeStopAppendsUntilTheyAreRepaired) {
  const auto writer = open();
  server_.stop();
  server_.set("appendonly", "no");
  server_.start();
  const auto stored = store(*writer);
  EXPECT_EQ(stored.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(writer->status().problem, HasSubstr("appendonly is 'no'"));
  EXPECT_FALSE(writer->status().accepting);
  server_.set("appendonly", "yes");
  while (!writer->status().accepting) executor_->yield();
  EXPECT_TRUE(store(*writer));
}

TEST_F(RedisFaults, APasswordIsNeverShown) {
  RedisConnection connection = server_.connection();
  connection.user = "writer";
  connection.password = "secret";
  const auto writer = open_redis_writer(*executor_, connection, "unused", kPatient).value();
  EXPECT_THAT(server_.seen(), Contains(FakeRedis::Command{"AUTH", "writer", "secret"}));
  EXPECT_THAT(writer->status().mode, Not(HasSubstr("secret")));
  server_.answer("AUTH", reply(FakeRedis::error("WRONGPASS invalid username-password pair or user is disabled.")));
  const Error refused = open_error(connection);
  EXPECT_EQ(refused.code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), AllOf(HasSubstr("WRONGPASS"), Not(HasSubstr("secret"))));
}

TEST_F(RedisFaults, TheEndOfAWriterWaitsForNobody) {
  std::shared_ptr<PendingAppend> pending;
  {
    const auto writer = open();
    server_.answer("XADD", reply(""));
    pending = writer->append(kFirst, {{}, "x"}).value();
  }
  EXPECT_THAT(outcome(*pending).error().code(), ::testing::AnyOf(ErrorCode::kUnclear, ErrorCode::kShutdown));
}

TEST_F(RedisFaults, NoServerIsUnavailable) {
  server_.stop();
  EXPECT_EQ(open_error(server_.connection()).code(), ErrorCode::kUnavailable);
  EXPECT_EQ(open_redis_reader(*executor_, server_.connection(), "unused").error().code(), ErrorCode::kUnavailable);
}

TEST_F(RedisFaults, WhatIsNoRedisIsUnavailable) {
  server_.answer("CLIENT", reply("HTTP/1.1 400 Bad Request\r\n\r\n"));
  EXPECT_EQ(open_error(server_.connection()).code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace magnetite::write_buffer
