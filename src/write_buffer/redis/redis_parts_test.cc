// The pure parts: how records, markers, settings and positions are read. No server is needed.
#include <gmock/gmock.h>

#include "write_buffer/redis/position.h"
#include "write_buffer/redis/replies.h"
#include "write_buffer/redis/stored_log.h"
#include "write_buffer/redis/stream_entry.h"

namespace magnetite::write_buffer::redis {
namespace {

using model::SequencerId;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr SequencerId kFirst{0};

Reply parse(std::string_view text) {
  const std::unique_ptr<redisReader, Deleter<redisReaderFree>> reader(redisReaderCreate());
  EXPECT_EQ(redisReaderFeed(reader.get(), text.data(), text.size()), REDIS_OK);
  void* reply = nullptr;
  EXPECT_EQ(redisReaderGetReply(reader.get(), &reply), REDIS_OK);
  EXPECT_NE(reply, nullptr) << text;
  return Reply(static_cast<redisReply*>(reply));
}

TEST(RedisEntry, IdsAreTwoNumbers) {
  EXPECT_EQ(parse_entry_id("1-0"), (EntryId{1, 0}));
  EXPECT_EQ(parse_entry_id("18446744073709551615-18446744073709551615"), (EntryId{UINT64_MAX, UINT64_MAX}));
  EXPECT_EQ((EntryId{1, 23}.text()), "1-23");
  EXPECT_LT((EntryId{1, UINT64_MAX}), (EntryId{2, 0}));
  for (const char* text : {"", "-", "1", "1-", "-1", "1-1-1", "a-1", "1-a", "1 -1", "+1-1", "18446744073709551616-0"})
    EXPECT_EQ(parse_entry_id(text), std::nullopt) << text;
}

SequencedRecord round_trip(const Headers& headers, std::string_view payload, WallTime written_at) {
  const EncodedEntry encoded = encode_entry(headers, payload, written_at);
  Fields fields;
  for (size_t i = 0; i < encoded.arguments.size(); i += 2)
    fields.emplace_back(encoded.arguments[i], encoded.arguments[i + 1]);
  return decode_entry(kFirst, {kRecordMillis, 7}, fields).value();
}

TEST(RedisEntry, RecordsComeBackByteForByte) {
  const std::string binary("\0\xff\r\n$3", 6);
  const Headers headers = {{"a", binary}, {"", "empty name"}, {"a", ""}, {"time", "no time"}, {"payload", "none"}};
  for (const std::string& payload : {std::string(), binary, std::string(100'000, 'x')})
    for (const int64_t nanos : {int64_t{0}, int64_t{-1}, INT64_MIN, INT64_MAX}) {
      const SequencedRecord record = round_trip(headers, payload, {nanos});
      EXPECT_EQ(record.headers, headers);
      EXPECT_EQ(record.payload, payload);
      EXPECT_EQ(record.stored_at, (StoredAt{{kFirst, {7}}, {nanos}}));
    }
  EXPECT_THAT(round_trip({}, "x", {1}).headers, IsEmpty());
}

TEST(RedisEntry, LooksAsTheDocumentationSays) {
  EXPECT_THAT(encode_entry({{"a", "b"}}, "x", {1'700'000'000'000'000'000}).arguments,
              ElementsAre("time", "1700000000000000000", "h:a", "b", "payload", "x"));
  const Marker marker = parse_marker("magnetite log 1 0b3f5e0c-9f4e-4a46-8f0c-6a2f0a7c1d11 8").value();
  EXPECT_EQ(marker.log_id.text(), "0b3f5e0c-9f4e-4a46-8f0c-6a2f0a7c1d11");
  EXPECT_EQ(marker.sequencers, 8u);
}

TEST(RedisEntry, WhatIsNoRecordIsCorruption) {
  const struct {
    EntryId id;
    Fields fields;
    const char* says;
  } entries[] = {
      {{1, 0}, {}, "no time"},
      {{1, 0}, {{"payload", "x"}}, "no time"},
      {{1, 0}, {{"somebody", "else"}}, "no time"},
      {{1, 0}, {{"time", "1"}}, "no payload"},
      {{1, 0}, {{"payload", "x"}, {"time", "1"}}, "no time"},
      {{1, 0}, {{"time", "1"}, {"payload", "x"}, {"h:a", "b"}}, "no payload"},
      {{1, 0}, {{"time", ""}, {"payload", "x"}}, "time is no number"},
      {{1, 0}, {{"time", "9223372036854775808"}, {"payload", "x"}}, "time is no number"},
      {{1, 0}, {{"time", "1"}, {"header", "b"}, {"payload", "x"}}, "no header"},
      {{2, 0}, {{"time", "1"}, {"payload", "x"}}, "an id of its own"},
      {{0, 5}, {{"time", "1"}, {"payload", "x"}}, "an id of its own"},
  };
  for (const auto& entry : entries) {
    const auto record = decode_entry(kFirst, entry.id, entry.fields);
    ASSERT_FALSE(record) << entry.says;
    EXPECT_EQ(record.error().code(), ErrorCode::kCorruption);
    EXPECT_THAT(record.error().message(), HasSubstr(entry.says));
    EXPECT_THAT(record.error().message(), HasSubstr(entry.id.text()));
  }
}

TEST(RedisMarker, SaysWhoALogIs) {
  const Marker marker{model::Uuid::random(), 8};
  EXPECT_EQ(parse_marker(marker.text()).value(), marker);
  const std::string id = marker.log_id.text();
  for (const std::string& text : std::vector<std::string>{
           "", "8", "magnetite log 2 " + id + " 8", "magnetite log 1 " + id, "magnetite log 1 " + id + " 0",
           "magnetite log 1 " + id + " 5000", "magnetite log 1 " + id + " 8 ", "magnetite log 1 nobody 8"})
    EXPECT_EQ(parse_marker(text).error().code(), ErrorCode::kFailedPrecondition) << text;
  EXPECT_EQ(marker_key("db"), "db:log");
  EXPECT_EQ(stream_key("db", marker, 3), "db:" + id + ":3");
}

TEST(RedisSettings, ThatMayLoseWritesAreNamed) {
  const ServerSettings safe = {{"appendonly", "yes"},
                               {"appendfsync", "always"},
                               {"no-appendfsync-on-rewrite", "no"},
                               {"maxmemory", "0"},
                               {"maxmemory-policy", "noeviction"}};
  EXPECT_THAT(durability_problems(safe), IsEmpty());
  const auto with = [&](std::map<std::string, std::string> changed) {
    ServerSettings settings = safe;
    for (auto& [name, value] : settings)
      if (changed.contains(name)) value = changed[name];
    return durability_problems(settings);
  };
  EXPECT_THAT(with({{"appendonly", "no"}}), ElementsAre("appendonly is 'no' and must be 'yes'"));
  EXPECT_THAT(with({{"appendfsync", "everysec"}}), ElementsAre("appendfsync is 'everysec' and must be 'always'"));
  EXPECT_THAT(with({{"no-appendfsync-on-rewrite", "yes"}}), SizeIs(1));
  EXPECT_THAT(with({{"maxmemory-policy", "allkeys-lru"}}), IsEmpty()) << "there is no limit";
  EXPECT_THAT(with({{"maxmemory", "1000"}, {"maxmemory-policy", "allkeys-lru"}}),
              ElementsAre("maxmemory-policy is 'allkeys-lru' and must be 'noeviction'"));
  EXPECT_THAT(with({{"maxmemory", "1000"}, {"maxmemory-policy", "volatile-lru"}}), IsEmpty()) << "our keys are not";
  EXPECT_THAT(with({{"maxmemory", "1000"}}), IsEmpty());
  EXPECT_THAT(durability_problems({}), SizeIs(4)) << "what is not known is no promise";
}

TEST(RedisReplies, WhoAConnectionIs) {
  EXPECT_EQ(parse_identity("id=9 addr=127.0.0.1:5526 laddr=127.0.0.1:6379 fd=13 name= age=0\n"),
            (ClientIdentity{"9", "127.0.0.1:5526"}));
  EXPECT_EQ(parse_identity("name=x addr=[::1]:5526 id=12"), (ClientIdentity{"12", "[::1]:5526"}));
  EXPECT_EQ(parse_identity(""), ClientIdentity());
}

TEST(RedisReplies, EndsOfAStream) {
  EXPECT_EQ(parse_ends(*parse("*2\r\n$3\r\n1-9\r\n$3\r\n1-4\r\n")).value(), (StreamEnds{{1, 9}, EntryId{1, 4}}));
  EXPECT_EQ(parse_ends(*parse("*2\r\n$3\r\n1-9\r\n$0\r\n\r\n")).value(), (StreamEnds{{1, 9}, std::nullopt}));
  EXPECT_EQ(parse_ends(*parse("$-1\r\n")).value(), std::nullopt);
  EXPECT_EQ(parse_ends(*parse("-NOPERM no\r\n")).error().code(), ErrorCode::kFailedPrecondition);
  for (const char* garbage :
       {"*0\r\n", ":1\r\n", "*1\r\n$3\r\n1-9\r\n", "*2\r\n$1\r\nx\r\n$0\r\n\r\n", "*2\r\n:1\r\n:2\r\n"})
    EXPECT_EQ(parse_ends(*parse(garbage)).error().code(), ErrorCode::kUnavailable) << garbage;
}

TEST(RedisReplies, EntriesOfAStream) {
  const Reply reply =
      parse("*1\r\n*2\r\n$1\r\ns\r\n*2\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n*2\r\n$3\r\n1-1\r\n*0\r\n");
  const auto entries = parse_entries(*reply).value();
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_EQ(entries[0].id, (EntryId{1, 0}));
  EXPECT_EQ(entries[0].fields, (Fields{{"a", "b"}}));
  EXPECT_THAT(entries[1].fields, IsEmpty());
  EXPECT_THAT(parse_entries(*parse("*-1\r\n")).value(), IsEmpty());
  EXPECT_EQ(parse_entries(*parse("-LOADING soon\r\n")).error().code(), ErrorCode::kUnavailable);
  for (const char* garbage : {":1\r\n", "*0\r\n", "*1\r\n:1\r\n", "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n:1\r\n",
                              "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$1\r\nx\r\n*0\r\n"})
    EXPECT_EQ(parse_entries(*parse(garbage)).error().code(), ErrorCode::kUnavailable) << garbage;
}

TEST(RedisReplies, ErrorsBySort) {
  const auto code = [](const char* text) { return error_of(*parse(std::string("-") + text + "\r\n")).code(); };
  for (const char* passing : {"LOADING Redis is loading the dataset in memory", "MISCONF x", "READONLY x", "BUSY x",
                              "MASTERDOWN x", "NOREPLICAS x", "TRYAGAIN x", "ERR max number of clients reached"})
    EXPECT_EQ(code(passing), ErrorCode::kUnavailable) << passing;
  EXPECT_EQ(code("OOM command not allowed"), ErrorCode::kResourceExhausted);
  for (const char* lasting :
       {"NOAUTH x", "WRONGPASS x", "NOPERM x", "WRONGTYPE x", "ERR unknown command", "MOVED 1 x:1"})
    EXPECT_EQ(code(lasting), ErrorCode::kFailedPrecondition) << lasting;
}

TEST(RedisWatermarks, AreTheNextAndTheFirstNumber) {
  EXPECT_EQ(watermarks({{0, 1}, std::nullopt}).value(), (Watermarks{0, 0}));
  EXPECT_EQ(watermarks({{1, 0}, EntryId{1, 0}}).value(), (Watermarks{0, 1}));
  EXPECT_EQ(watermarks({{1, 9}, EntryId{1, 4}}).value(), (Watermarks{4, 10}));
  EXPECT_EQ(watermarks({{1, 9}, std::nullopt}).value(), (Watermarks{10, 10})) << "all is trimmed";
  EXPECT_EQ(watermarks({{5, 0}, EntryId{1, 4}}).error().code(), ErrorCode::kFailedPrecondition);
}

// A position that has seen the server and read up to `next`.
Position at(uint64_t next) {
  Position position(next);
  EXPECT_TRUE(position.compare({{kRecordMillis, next - 1}, EntryId{kRecordMillis, 0}}, std::nullopt));
  return position;
}

TEST(RedisPosition, OfTheBeginningIsWhateverIsThere) {
  Position position;
  EXPECT_FALSE(position.is_continued_by({1, 0})) << "the server was not seen";
  EXPECT_TRUE(position.compare({{1, 9}, EntryId{1, 4}}, EntryId{1, 4}));
  EXPECT_EQ(position.next_number(), 0u);
  position.pass({1, 4});
  EXPECT_EQ(position.next_number(), 5u);
  EXPECT_EQ(position.after(), (EntryId{1, 4}));
  EXPECT_TRUE(position.is_continued_by({1, 5}));
  EXPECT_FALSE(position.is_continued_by({1, 6})) << "a look must tell whether 5 was lost";
  EXPECT_FALSE(position.is_continued_by({2, 5}));
}

TEST(RedisPosition, WithoutEntriesMovesToTheEnd) {
  Position position;
  EXPECT_TRUE(position.compare({{1, 9}, std::nullopt}, std::nullopt));
  EXPECT_EQ(position.next_number(), 10u);
  EXPECT_TRUE(position.is_continued_by({1, 10}));
}

TEST(RedisPosition, PastTheEndIsRemembered) {
  Position position(100);
  EXPECT_EQ(position.after(), (EntryId{1, 99}));
  EXPECT_TRUE(position.compare({{1, 9}, EntryId{1, 0}}, std::nullopt));
  EXPECT_EQ(position.next_number(), 100u);
  EXPECT_EQ(position.after(), (EntryId{1, 99}));
}

TEST(RedisPosition, BelowWhatIsThereIsLostOnlyWhereItWasPromised) {
  EXPECT_TRUE(Position(3).compare({{1, 9}, EntryId{1, 4}}, EntryId{1, 4})) << "asked for, never seen";
  EXPECT_FALSE(at(3).compare({{1, 9}, EntryId{1, 4}}, EntryId{1, 4})) << "3 was trimmed";
  EXPECT_FALSE(at(3).compare({{1, 9}, std::nullopt}, std::nullopt)) << "all was trimmed";
  EXPECT_TRUE(at(3).compare({{1, 9}, EntryId{1, 3}}, EntryId{1, 3}));
  EXPECT_TRUE(at(3).compare({{1, 9}, EntryId{1, 1}}, EntryId{1, 5})) << "3 and 4 were taken out singly";
  EXPECT_TRUE(at(3).compare({{1, 2}, std::nullopt}, std::nullopt)) << "what was read is trimmed";
  EXPECT_TRUE(at(3).compare({{5, 0}, EntryId{5, 0}}, EntryId{5, 0})) << "an entry with an id of its own";
}

TEST(RedisPosition, AnEndThatGoesBackIsALoss) {
  EXPECT_FALSE(at(3).compare({{1, 1}, EntryId{1, 0}}, std::nullopt));
  EXPECT_FALSE(at(3).compare({{0, 1}, std::nullopt}, std::nullopt));
  Position position = at(3);
  position.pass({1, 7});
  EXPECT_FALSE(position.compare({{1, 6}, EntryId{1, 0}}, std::nullopt));
  Position sought(7);
  EXPECT_TRUE(sought.compare({{1, 6}, EntryId{1, 0}}, std::nullopt)) << "a new start";
}

TEST(RedisPosition, PassesEntriesWithIdsOfTheirOwn) {
  Position position = at(3);
  position.pass({7, 0});
  EXPECT_EQ(position.next_number(), 3u);
  EXPECT_EQ(position.after(), (EntryId{7, 0}));
}

}  // namespace
}  // namespace magnetite::write_buffer::redis
