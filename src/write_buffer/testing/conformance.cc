#include "write_buffer/testing/conformance.h"

#include <map>
#include <set>

namespace magnetite::write_buffer::testing {

using model::SequenceNumber;
using model::SequencerId;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

void PrintTo(const LogKind& kind, std::ostream* out) { *out << kind.name; }

StoredAt WriteBufferConformance::store(std::string_view payload, uint32_t sequencer) {
  return writer_->store(SequencerId{sequencer}, {{{"key", "value"}}, payload}, soon()).value();
}

std::string WriteBufferConformance::read(Stream& stream) {
  const auto record = stream.next(soon());
  return record && *record ? (*record)->payload : "nothing";
}

bool WriteBufferConformance::is_pending(Stream& stream) {
  const auto record = stream.next(now());
  return record && !*record;
}

std::vector<std::string> WriteBufferConformance::read_all(uint32_t sequencer) {
  std::vector<std::string> payloads;
  const auto reader = make_reader();
  const uint64_t end = reader->high_watermark(SequencerId{sequencer}).value().value;
  if (reader->low_watermark(SequencerId{sequencer}).value().value == end) return payloads;
  const Streams streams = reader->streams().value();
  while (true) {
    const auto record = streams.at(SequencerId{sequencer})->next(soon()).value();
    if (!record) return payloads;  // fails the comparison
    payloads.push_back(record->payload);
    if (record->stored_at.sequence.number.value + 1 == end) return payloads;
  }
}

TEST_P(WriteBufferConformance, AStreamIsPendingUntilSomethingIsWritten) {
  make(1);
  const auto reader = make_reader();
  const Streams streams = reader->streams().value();
  ASSERT_EQ(streams.size(), 1u);
  Stream& stream = *streams.at(SequencerId{0});
  EXPECT_TRUE(is_pending(stream));
  store("a");
  EXPECT_EQ(read(stream), "a");
  EXPECT_TRUE(is_pending(stream));
  store("b");
  store("c");
  EXPECT_EQ(read(stream), "b");
  EXPECT_EQ(read(stream), "c");
  EXPECT_TRUE(is_pending(stream));
}

TEST_P(WriteBufferConformance, NewStreamsGoOnAfterTheLastRecordDelivered) {
  make(1);
  for (const char* payload : {"a", "b", "c"}) store(payload);
  const auto reader = make_reader();
  {
    const Streams unused = reader->streams().value();
  }
  {
    const Streams streams = reader->streams().value();
    EXPECT_EQ(read(*streams.at(SequencerId{0})), "a");
    EXPECT_FALSE(reader->streams()) << "one set of streams at a time";
  }
  {
    const Streams streams = reader->streams().value();
    EXPECT_EQ(read(*streams.at(SequencerId{0})), "b");
    EXPECT_EQ(read(*streams.at(SequencerId{0})), "c");
  }
  const Streams streams = reader->streams().value();
  EXPECT_TRUE(is_pending(*streams.at(SequencerId{0})));
}

TEST_P(WriteBufferConformance, SequencersAreIndependent) {
  make(2);
  const auto reader = make_reader();
  const Streams streams = reader->streams().value();
  ASSERT_EQ(streams.size(), 2u);
  store("one", 1);
  EXPECT_TRUE(is_pending(*streams.at(SequencerId{0})));
  EXPECT_EQ(read(*streams.at(SequencerId{1})), "one");
  store("zero", 0);
  EXPECT_TRUE(is_pending(*streams.at(SequencerId{1})));
  EXPECT_EQ(read(*streams.at(SequencerId{0})), "zero");
}

TEST_P(WriteBufferConformance, EveryReaderSeesEverythingAndNoneDisturbsAnother) {
  make(1);
  const auto first = make_reader();
  auto dropped = make_reader();
  store("a");
  const auto second = make_reader();
  {
    const Streams streams = dropped->streams().value();
  }
  dropped.reset();
  store("b");
  for (Reader* reader : {first.get(), second.get()}) {
    const Streams streams = reader->streams().value();
    EXPECT_EQ(read(*streams.at(SequencerId{0})), "a");
    EXPECT_EQ(read(*streams.at(SequencerId{0})), "b");
  }
}

TEST_P(WriteBufferConformance, WritersOfOneLogShareItsOrder) {
  make(2);
  const std::shared_ptr<Writer> other = make_writer();
  EXPECT_EQ(other->sequencer_ids(), writer_->sequencer_ids());
  EXPECT_EQ(other->log_id(), writer_->log_id());
  store("a");
  ASSERT_TRUE(other->store(SequencerId{0}, {{}, "b"}, soon()));
  store("c");
  ASSERT_TRUE(other->store(SequencerId{0}, {{}, "d"}, soon()));
  EXPECT_THAT(read_all(), ElementsAre("a", "b", "c", "d"));
}

TEST_P(WriteBufferConformance, SeekGoesForwardAndBackAndPastTheTail) {
  make(2);
  std::vector<uint64_t> numbers;
  for (const char* payload : {"a", "b", "c"}) numbers.push_back(store(payload).sequence.number.value);
  store("other", 1);
  const auto reader = make_reader();
  const auto unmoved = make_reader();
  const auto first_after = [&](uint64_t number) {
    EXPECT_TRUE(reader->seek(SequencerId{0}, SequenceNumber{number}));
    const Streams streams = reader->streams().value();
    return read(*streams.at(SequencerId{0}));
  };
  EXPECT_EQ(first_after(numbers[2]), "c");
  EXPECT_EQ(first_after(numbers[1]), "b");
  EXPECT_EQ(first_after(0), "a");
  ASSERT_TRUE(reader->seek(SequencerId{0}, SequenceNumber{numbers[2] + 100}));
  const Streams streams = reader->streams().value();
  store("below");
  EXPECT_TRUE(is_pending(*streams.at(SequencerId{0})));
  while (store("still below").sequence.number.value + 1 < numbers[2] + 100) continue;
  const uint64_t reached = store("reached").sequence.number.value;
  const auto record = streams.at(SequencerId{0})->next(soon()).value();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->payload, "reached") << "what lies below is passed over, also when it is written later";
  EXPECT_EQ(record->stored_at.sequence.number.value, reached);
  EXPECT_EQ(read(*streams.at(SequencerId{1})), "other") << "only the sequencer named is moved";
  EXPECT_FALSE(reader->seek(SequencerId{0}, SequenceNumber{0})) << "streams are alive";
  EXPECT_EQ(read(*unmoved->streams().value().at(SequencerId{0})), "a") << "nor another reader";
}

TEST_P(WriteBufferConformance, AStreamKnowsWhatItHasPassed) {
  make(2);
  const auto reader = make_reader();
  const Streams streams = reader->streams().value();
  Stream& stream = *streams.at(SequencerId{0});
  EXPECT_LE(stream.position(), reader->low_watermark(SequencerId{0}).value());
  store("other", 1);
  const uint64_t number = store("a").sequence.number.value;
  EXPECT_EQ(read(stream), "a");
  EXPECT_EQ(stream.position().value, number + 1);
  EXPECT_TRUE(is_pending(stream));
  EXPECT_EQ(stream.position(), reader->high_watermark(SequencerId{0}).value());
}

TEST_P(WriteBufferConformance, WatermarksNameTheNextAndTheFirstNumber) {
  make(2);
  const auto reader = make_reader();
  EXPECT_EQ(reader->high_watermark(SequencerId{0}).value(), SequenceNumber{0});
  EXPECT_EQ(reader->low_watermark(SequencerId{0}).value(), SequenceNumber{0});
  const StoredAt first = store("a");
  const StoredAt last = store("b");
  EXPECT_EQ(reader->high_watermark(SequencerId{0}).value().value, last.sequence.number.value + 1);
  EXPECT_LE(reader->low_watermark(SequencerId{0}).value(), first.sequence.number);
  EXPECT_EQ(reader->high_watermark(SequencerId{1}).value(), SequenceNumber{0});
  {
    EXPECT_EQ(read(*reader->streams().value().at(SequencerId{0})), "a");
  }
  EXPECT_EQ(reader->high_watermark(SequencerId{0}).value().value, last.sequence.number.value + 1)
      << "reading moves no watermark";
}

TEST_P(WriteBufferConformance, WhatStoreReturnedIsReadBack) {
  make(1);
  const std::string payload("\0\xff\n binary", 10);
  const Headers headers = {{"a", std::string("\0", 1)}, {"", "empty key"}, {"a", "again"}};
  const WallTime before = executor_.clock().wall_now();
  const StoredAt first = writer_->store(SequencerId{0}, {headers, payload}, soon()).value();
  const WallTime after = executor_.clock().wall_now();
  const StoredAt second = writer_->store(SequencerId{0}, {{}, ""}, soon()).value();
  EXPECT_LT(first.sequence.number, second.sequence.number);
  constexpr int64_t kMillisecond = 1'000'000;  // what some logs keep
  EXPECT_LE(before.nanos / kMillisecond, first.written_at.nanos / kMillisecond);
  EXPECT_LE(first.written_at.nanos, after.nanos);
  const auto reader = make_reader();
  const Streams streams = reader->streams().value();
  const auto record = streams.at(SequencerId{0})->next(soon()).value();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->stored_at, first);
  EXPECT_EQ(record->headers, headers);
  EXPECT_EQ(record->payload, payload);
  EXPECT_EQ(streams.at(SequencerId{0})->next(soon()).value()->stored_at, second);
}

TEST_P(WriteBufferConformance, ARecordKeepsTheTimeOfItsWriting) {
  make(1);
  executor_.shift_wall_clock(-std::chrono::hours(1));
  const StoredAt stored = store("an hour ago");
  executor_.shift_wall_clock(Duration(0));
  EXPECT_LT(stored.written_at.nanos, executor_.clock().wall_now().nanos - Duration(std::chrono::minutes(59)).count());
  const auto reader = make_reader();
  const Streams streams = reader->streams().value();
  EXPECT_EQ(streams.at(SequencerId{0})->next(soon()).value()->stored_at, stored);
}

TEST_P(WriteBufferConformance, TraceContextSurvives) {
  make(1);
  const std::vector<Headers> traces = {
      {},
      {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}},
      {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"},
       {"tracestate", "parent=b7ad6b716920"}},
  };
  for (const Headers& headers : traces) ASSERT_TRUE(writer_->store(SequencerId{0}, {headers, "x"}, soon()));
  const auto reader = make_reader();
  const Streams streams = reader->streams().value();
  for (const Headers& headers : traces) EXPECT_EQ(streams.at(SequencerId{0})->next(soon()).value()->headers, headers);
}

TEST_P(WriteBufferConformance, NothingReadAheadIsLostWithTheStreams) {
  make(1);
  const std::string large(100'000, 'x');
  for (int i = 0; i < 30; ++i) store(std::to_string(i) + large);
  const auto reader = make_reader();
  for (int i = 0; i < 30; ++i) {
    const Streams streams = reader->streams().value();
    EXPECT_EQ(read(*streams.at(SequencerId{0})), std::to_string(i) + large);
    EXPECT_TRUE(reader->high_watermark(SequencerId{0})) << "time for more to come in";
  }
}

TEST_P(WriteBufferConformance, UnknownSequencersAreErrors) {
  make(2);
  const auto reader = make_reader();
  EXPECT_EQ(writer_->append(SequencerId{2}, {}).error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(writer_->trim(SequencerId{2}, {}).error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(reader->seek(SequencerId{2}, {}).error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(reader->high_watermark(SequencerId{2}).error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(reader->low_watermark(SequencerId{2}).error().code(), ErrorCode::kInvalidInput);
}

TEST_P(WriteBufferConformance, SequencerIdsAreTheReadersStreams) {
  make(10);
  EXPECT_EQ(writer_->sequencer_ids().size(), 10u);
  const auto reader = make_reader();
  EXPECT_EQ(reader->sequencer_ids(), writer_->sequencer_ids());
  EXPECT_EQ(reader->log_id(), writer_->log_id());
  EXPECT_EQ(reader->type_name(), writer_->type_name());
  std::vector<SequencerId> of_streams;
  for (const auto& [sequencer, stream] : reader->streams().value()) of_streams.push_back(sequencer);
  EXPECT_EQ(of_streams, writer_->sequencer_ids());
}

TEST_P(WriteBufferConformance, TrimmingGivesUpNothingThatIsNeeded) {
  make(2);
  std::vector<uint64_t> numbers;
  for (int i = 0; i < 20; ++i) numbers.push_back(store(std::to_string(i)).sequence.number.value);
  store("other", 1);
  const auto reader = make_reader();
  const auto first_there = [&] { return reader->low_watermark(SequencerId{0}).value().value; };
  for (const size_t needed : {size_t{0}, size_t{7}, size_t{3}, size_t{12}}) {
    ASSERT_TRUE(writer_->trim(SequencerId{0}, SequenceNumber{numbers[needed]}));
    EXPECT_LE(first_there(), numbers[12]);
    const std::vector<std::string> left = read_all();
    ASSERT_GE(left.size(), numbers.size() - 12);
    for (size_t i = 0; i < left.size(); ++i) EXPECT_EQ(left[i], std::to_string(numbers.size() - left.size() + i));
    EXPECT_EQ(first_there(), numbers[numbers.size() - left.size()]) << "a new reader starts at the low watermark";
  }
  EXPECT_THAT(read_all(1), ElementsAre("other"));
}

TEST_P(WriteBufferConformance, ATrimmedLogGoesOnWithItsNumbers) {
  make(1);
  uint64_t last = 0;
  for (const char* payload : {"a", "b", "c"}) last = store(payload).sequence.number.value;
  const auto reader = make_reader();
  ASSERT_TRUE(writer_->trim(SequencerId{0}, SequenceNumber{last + 1'000}));
  EXPECT_EQ(reader->high_watermark(SequencerId{0}).value().value, last + 1);
  EXPECT_EQ(store("d").sequence.number.value, last + 1) << "what is above the tail is not trimmed in advance";
  ASSERT_TRUE(reader->seek(SequencerId{0}, SequenceNumber{last + 1}));
  EXPECT_EQ(read(*reader->streams().value().at(SequencerId{0})), "d");
}

TEST_P(WriteBufferConformance, AWaitingStreamIsWokenByAWrite) {
  make(1);
  const auto reader = make_reader();
  const Streams streams = reader->streams().value();
  std::string seen;
  {
    const Task waiting = executor_.spawn("reader", [&] { seen = read(*streams.at(SequencerId{0})); });
    store("a");
  }
  EXPECT_EQ(seen, "a");
}

TEST_P(WriteBufferConformance, ManyEntriesFromManyWritersArriveCompleteAndInOrder) {
  constexpr uint32_t kSequencers = 4;
  constexpr int kPerWriter = 1'250;
  make(kSequencers);
  const auto reader = make_reader();
  const Streams streams = reader->streams().value();
  std::vector<std::multiset<std::string>> seen(kSequencers);
  {
    std::vector<Task> tasks;
    for (uint32_t s = 0; s < kSequencers; ++s) {
      tasks.push_back(executor_.spawn("reader", [&, s] {
        uint64_t last = 0;
        for (int i = 0; i < 2 * kPerWriter; ++i) {
          const auto record = streams.at(SequencerId{s})->next(soon()).value();
          ASSERT_TRUE(record);
          EXPECT_TRUE(i == 0 || record->stored_at.sequence.number.value > last);
          last = record->stored_at.sequence.number.value;
          seen[s].insert(record->payload);
        }
      }));
    }
    for (int number = 0; number < 2; ++number) {
      tasks.push_back(executor_.spawn("writer", [&, number] {
        const std::shared_ptr<Writer> writer = make_writer();
        std::vector<std::shared_ptr<PendingAppend>> pending;
        std::vector<std::string> payloads;
        payloads.reserve(kPerWriter * kSequencers);
        for (int i = 0; i < kPerWriter; ++i)
          for (uint32_t s = 0; s < kSequencers; ++s) {
            payloads.push_back(std::to_string(number) + "/" + std::to_string(i));
            pending.push_back(writer->append(SequencerId{s}, {{}, payloads.back()}).value());
          }
        for (const auto& each : pending) EXPECT_TRUE(each->wait_until(soon()).value());
      }));
    }
  }
  for (uint32_t s = 0; s < kSequencers; ++s)
    for (int number = 0; number < 2; ++number)
      for (int i = 0; i < kPerWriter; ++i)
        EXPECT_EQ(seen[s].count(std::to_string(number) + "/" + std::to_string(i)), 1u);
}

TEST_P(WriteBufferConformance, ANewReaderAfterTrimmingStartsAtWhatIsLeft) {
  make(1);
  const std::string large(5'000, 'x');
  std::vector<StoredAt> stored;
  for (int i = 0; i < 20; ++i) stored.push_back(store(large));
  ASSERT_TRUE(writer_->trim(SequencerId{0}, stored[15].sequence.number));
  const auto reader = make_reader();
  const SequenceNumber low = reader->low_watermark(SequencerId{0}).value();
  EXPECT_LE(low, stored[15].sequence.number);
  for (const bool sought : {false, true}) {
    if (sought) {
      ASSERT_TRUE(reader->seek(SequencerId{0}, SequenceNumber{0})) << "below what is there";
    }
    const Streams streams = reader->streams().value();
    EXPECT_EQ(streams.at(SequencerId{0})->next(soon()).value()->stored_at.sequence.number, low);
  }
}

TEST_P(WriteBufferCreation, AMissingLogIsOnlyMadeWhereThatIsAllowed) {
  for (const bool writer_first : {true, false}) {
    const auto log = GetParam().make(executor_, 3);
    EXPECT_EQ(log->open_writer(Creation::kForbidden).error().code(), ErrorCode::kNotFound);
    EXPECT_EQ(log->open_reader(Creation::kForbidden).error().code(), ErrorCode::kNotFound);
    if (writer_first)
      EXPECT_EQ(log->open_writer(Creation::kAllowed).value()->sequencer_ids().size(), 3u);
    else
      EXPECT_EQ(log->open_reader(Creation::kAllowed).value()->sequencer_ids().size(), 3u);
    const model::Uuid id = log->open_reader(Creation::kForbidden).value()->log_id();
    EXPECT_EQ(log->open_writer(Creation::kForbidden).value()->log_id(), id);
    EXPECT_EQ(log->open_writer(Creation::kAllowed).value()->log_id(), id) << "what is there is not made again";
  }
}

TEST_P(WriteBufferCreation, CreatingAtTheSameTimeIsNoError) {
  if (GetParam().one_process) return;
  const auto log = GetParam().make(executor_, 2);
  std::vector<model::Uuid> ids(4);
  {
    std::vector<Task> tasks;
    for (model::Uuid& id : ids)
      tasks.push_back(executor_.spawn("creator", [&] {
        const auto writer = log->open_writer(Creation::kAllowed);
        ASSERT_TRUE(writer) << writer.error().describe();
        EXPECT_EQ((*writer)->sequencer_ids().size(), 2u);
        id = (*writer)->log_id();
      }));
  }
  EXPECT_THAT(ids, ::testing::Each(ids[0]));
}

TEST_P(WriteBufferForeignRecords, AreCountedErrorItemsAndTheStreamGoesOn) {
  make(2);
  store("before");
  log_->put_foreign(SequencerId{0});
  store("after");
  store("other", 1);
  const auto reader = make_reader();
  for (int pass = 0; pass < 2; ++pass) {
    ASSERT_TRUE(reader->seek(SequencerId{0}, SequenceNumber{0}));
    const Streams streams = reader->streams().value();
    Stream& stream = *streams.at(SequencerId{0});
    EXPECT_EQ(read(stream), "before");
    EXPECT_EQ(stream.next(soon()).error().code(), ErrorCode::kCorruption);
    EXPECT_EQ(read(stream), "after");
    EXPECT_TRUE(is_pending(stream));
    EXPECT_EQ(reader->status().error_items, static_cast<uint64_t>(pass) + 1);
  }
  EXPECT_EQ(read(*reader->streams().value().at(SequencerId{1})), "other");
}

TEST_P(WriteBufferForeignRecords, AreNotDeliveredAgainByNewStreams) {
  make(1);
  log_->put_foreign(SequencerId{0});
  store("after");
  const auto reader = make_reader();
  {
    EXPECT_EQ(reader->streams().value().at(SequencerId{0})->next(soon()).error().code(), ErrorCode::kCorruption);
  }
  EXPECT_EQ(read(*reader->streams().value().at(SequencerId{0})), "after");
}

}  // namespace magnetite::write_buffer::testing
