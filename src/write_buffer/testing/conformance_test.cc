// What every write buffer must do, whatever it is made of.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "base/executor.h"
#include "write_buffer/file/file_log.h"
#include "write_buffer/memory/memory_log.h"

namespace magnetite::write_buffer {
namespace {

using model::SequenceNumber;
using model::SequencerId;

// One isolated log.
class Log {
 public:
  virtual ~Log() = default;
  virtual Writer& writer() = 0;
  virtual std::unique_ptr<Reader> reader() = 0;
};
using MakeLog = std::unique_ptr<Log> (*)(Executor&, uint32_t sequencers);

class MemoryContext final : public Log {
 public:
  MemoryContext(Executor& executor, uint32_t sequencers)
      : log_(MemoryLog::make(executor, sequencers)), writer_(log_->make_writer()) {}
  Writer& writer() override { return *writer_; }
  std::unique_ptr<Reader> reader() override { return log_->make_reader(); }

 private:
  std::shared_ptr<MemoryLog> log_;
  std::unique_ptr<Writer> writer_;
};

class FileContext final : public Log {
 public:
  FileContext(Executor& executor, uint32_t sequencers) : disk_(make_posix_disk()) {
    folder_ = testing::TempDir() + "log-" + model::Uuid::random().text();
    FileLogOptions options;
    options.folder = folder_;
    options.sequencer_count = sequencers;
    log_ = FileLog::open(*disk_, executor, options).value();
  }
  ~FileContext() override {
    log_.reset();
    std::filesystem::remove_all(folder_);
  }
  Writer& writer() override { return log_->writer(); }
  std::unique_ptr<Reader> reader() override { return log_->make_reader().value(); }

 private:
  std::unique_ptr<Disk> disk_;
  std::string folder_;
  std::unique_ptr<FileLog> log_;
};

class WriteBufferConformance : public testing::TestWithParam<MakeLog> {
 protected:
  std::unique_ptr<Log> make(uint32_t sequencers) { return GetParam()(*executor_, sequencers); }
  MonoTime soon() { return executor_->clock().mono_now() + std::chrono::seconds(20); }
  MonoTime now() { return executor_->clock().mono_now(); }

  StoredAt store(Log& log, std::string_view payload, uint32_t sequencer = 0) {
    return log.writer().store(SequencerId{sequencer}, {{{"key", "value"}}, payload}, soon()).value();
  }
  std::string read(Stream& stream) {
    const auto record = stream.next(soon());
    return record && *record ? (*record)->payload : "nothing";
  }
  bool is_pending(Stream& stream) {
    const auto record = stream.next(now());
    return record && !*record;
  }

  std::unique_ptr<Executor> executor_ = make_thread_executor();
};

TEST_P(WriteBufferConformance, AStreamIsPendingUntilSomethingIsWritten) {
  const auto log = make(1);
  const auto reader = log->reader();
  const Streams streams = reader->streams().value();
  ASSERT_EQ(streams.size(), 1u);
  Stream& stream = *streams.at(SequencerId{0});
  EXPECT_TRUE(is_pending(stream));
  store(*log, "a");
  EXPECT_EQ(read(stream), "a");
  EXPECT_TRUE(is_pending(stream));
  store(*log, "b");
  store(*log, "c");
  EXPECT_EQ(read(stream), "b");
  EXPECT_EQ(read(stream), "c");
  EXPECT_TRUE(is_pending(stream));
}

TEST_P(WriteBufferConformance, NewStreamsGoOnAfterTheLastRecordDelivered) {
  const auto log = make(1);
  for (const char* payload : {"a", "b", "c"}) store(*log, payload);
  const auto reader = log->reader();
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
  const auto log = make(2);
  const auto reader = log->reader();
  const Streams streams = reader->streams().value();
  ASSERT_EQ(streams.size(), 2u);
  store(*log, "one", 1);
  EXPECT_TRUE(is_pending(*streams.at(SequencerId{0})));
  EXPECT_EQ(read(*streams.at(SequencerId{1})), "one");
  store(*log, "zero", 0);
  EXPECT_TRUE(is_pending(*streams.at(SequencerId{1})));
  EXPECT_EQ(read(*streams.at(SequencerId{0})), "zero");
}

TEST_P(WriteBufferConformance, EveryReaderSeesEverything) {
  const auto log = make(1);
  const auto first = log->reader();
  store(*log, "a");
  const auto second = log->reader();
  store(*log, "b");
  for (Reader* reader : {first.get(), second.get()}) {
    const Streams streams = reader->streams().value();
    EXPECT_EQ(read(*streams.at(SequencerId{0})), "a");
    EXPECT_EQ(read(*streams.at(SequencerId{0})), "b");
  }
}

TEST_P(WriteBufferConformance, SeekGoesForwardAndBackAndPastTheTail) {
  const auto log = make(2);
  std::vector<uint64_t> numbers;
  for (const char* payload : {"a", "b", "c"}) numbers.push_back(store(*log, payload).sequence.number.value);
  store(*log, "other", 1);
  const auto reader = log->reader();
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
  store(*log, "below");
  EXPECT_TRUE(is_pending(*streams.at(SequencerId{0})));
  EXPECT_EQ(read(*streams.at(SequencerId{1})), "other") << "only the sequencer named is moved";
  EXPECT_FALSE(reader->seek(SequencerId{0}, SequenceNumber{0})) << "streams are alive";
}

TEST_P(WriteBufferConformance, WatermarksNameTheNextAndTheFirstNumber) {
  const auto log = make(2);
  const auto reader = log->reader();
  EXPECT_EQ(reader->high_watermark(SequencerId{0}).value(), SequenceNumber{0});
  EXPECT_EQ(reader->low_watermark(SequencerId{0}).value(), SequenceNumber{0});
  const StoredAt first = store(*log, "a");
  const StoredAt last = store(*log, "b");
  EXPECT_EQ(reader->high_watermark(SequencerId{0}).value().value, last.sequence.number.value + 1);
  EXPECT_LE(reader->low_watermark(SequencerId{0}).value(), first.sequence.number);
  EXPECT_EQ(reader->high_watermark(SequencerId{1}).value(), SequenceNumber{0});
}

TEST_P(WriteBufferConformance, WhatStoreReturnedIsReadBack) {
  const auto log = make(1);
  const std::string payload("\0\xff\n binary", 10);
  const Headers headers = {{"a", std::string("\0", 1)}, {"", "empty key"}, {"a", "again"}};
  const StoredAt first = log->writer().store(SequencerId{0}, {headers, payload}, soon()).value();
  const StoredAt second = log->writer().store(SequencerId{0}, {{}, ""}, soon()).value();
  EXPECT_LT(first.sequence.number, second.sequence.number);
  const auto reader = log->reader();
  const Streams streams = reader->streams().value();
  const auto record = streams.at(SequencerId{0})->next(soon()).value();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->stored_at, first);
  EXPECT_EQ(record->headers, headers);
  EXPECT_EQ(record->payload, payload);
  EXPECT_EQ(streams.at(SequencerId{0})->next(soon()).value()->stored_at, second);
}

TEST_P(WriteBufferConformance, UnknownSequencersAreErrors) {
  const auto log = make(2);
  EXPECT_EQ(log->writer().append(SequencerId{2}, {}).error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(log->reader()->seek(SequencerId{2}, {}).error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(log->reader()->high_watermark(SequencerId{2}).error().code(), ErrorCode::kInvalidInput);
}

TEST_P(WriteBufferConformance, SequencerIdsAreTheReadersStreams) {
  const auto log = make(10);
  EXPECT_EQ(log->writer().sequencer_ids().size(), 10u);
  const auto reader = log->reader();
  EXPECT_EQ(reader->sequencer_ids(), log->writer().sequencer_ids());
  EXPECT_EQ(reader->log_id(), log->writer().log_id());
}

TEST_P(WriteBufferConformance, AWaitingStreamIsWokenByAWrite) {
  const auto log = make(1);
  const auto reader = log->reader();
  const Streams streams = reader->streams().value();
  std::string seen;
  {
    const Task waiting = executor_->spawn("reader", [&] { seen = read(*streams.at(SequencerId{0})); });
    store(*log, "a");
  }
  EXPECT_EQ(seen, "a");
}

TEST_P(WriteBufferConformance, ManyEntriesFromManyWritersArriveCompleteAndInOrder) {
  constexpr uint32_t kSequencers = 4;
  constexpr int kPerWriter = 600;
  const auto log = make(kSequencers);
  const auto reader = log->reader();
  const Streams streams = reader->streams().value();
  std::vector<std::multiset<std::string>> seen(kSequencers);
  {
    std::vector<Task> tasks;
    for (uint32_t s = 0; s < kSequencers; ++s) {
      tasks.push_back(executor_->spawn("reader", [&, s] {
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
    for (int writer = 0; writer < 2; ++writer) {
      tasks.push_back(executor_->spawn("writer", [&, writer] {
        std::vector<std::shared_ptr<PendingAppend>> pending;
        std::vector<std::string> payloads;
        payloads.reserve(kPerWriter * kSequencers);
        for (int i = 0; i < kPerWriter; ++i)
          for (uint32_t s = 0; s < kSequencers; ++s) {
            payloads.push_back(std::to_string(writer) + "/" + std::to_string(i));
            pending.push_back(log->writer().append(SequencerId{s}, {{}, payloads.back()}).value());
          }
        for (const auto& each : pending) EXPECT_TRUE(each->wait_until(soon()).value());
      }));
    }
  }
  for (uint32_t s = 0; s < kSequencers; ++s)
    for (int writer = 0; writer < 2; ++writer)
      for (int i = 0; i < kPerWriter; ++i)
        EXPECT_EQ(seen[s].count(std::to_string(writer) + "/" + std::to_string(i)), 1u);
}

INSTANTIATE_TEST_SUITE_P(Memory, WriteBufferConformance,
                         testing::Values([](Executor& e, uint32_t n) -> std::unique_ptr<Log> {
                           return std::make_unique<MemoryContext>(e, n);
                         }));
INSTANTIATE_TEST_SUITE_P(File, WriteBufferConformance,
                         testing::Values([](Executor& e, uint32_t n) -> std::unique_ptr<Log> {
                           return std::make_unique<FileContext>(e, n);
                         }));

TEST(MemoryLog, MisuseIsRefused) {
  const auto executor = make_thread_executor();
  const auto log = MemoryLog::make(*executor, 1);
  const auto record = [](uint32_t sequencer, uint64_t number) {
    return SequencedRecord{{{SequencerId{sequencer}, SequenceNumber{number}}, {}}, {}, std::to_string(number)};
  };
  EXPECT_TRUE(log->push(record(0, 5))) << "holes are legal";
  EXPECT_FALSE(log->push(record(0, 5)));
  EXPECT_FALSE(log->push(record(1, 0)));
  EXPECT_FALSE(log->push_error(SequencerId{1}, Error(ErrorCode::kUnavailable, "x")));
  EXPECT_EQ(log->records(SequencerId{0}).size(), 1u);
}

TEST(MemoryLog, AnErrorIsDeliveredInPlaceOncePerPass) {
  const auto executor = make_thread_executor();
  const auto log = MemoryLog::make(*executor, 1);
  const auto writer = log->make_writer();
  const MonoTime now = executor->clock().mono_now();
  ASSERT_TRUE(writer->store(SequencerId{0}, {{}, "a"}, now));
  ASSERT_TRUE(log->push_error(SequencerId{0}, Error(ErrorCode::kUnavailable, "broker is gone")));
  ASSERT_TRUE(writer->store(SequencerId{0}, {{}, "b"}, now));
  const auto reader = log->make_reader();
  for (int pass = 0; pass < 2; ++pass) {
    ASSERT_TRUE(reader->seek(SequencerId{0}, {}));
    const Streams streams = reader->streams().value();
    Stream& stream = *streams.at(SequencerId{0});
    EXPECT_EQ(stream.next(now).value()->payload, "a");
    EXPECT_EQ(stream.next(now).error().message(), "broker is gone");
    EXPECT_EQ(stream.next(now).value()->payload, "b");
  }
}

TEST(SyncMode, WordsRoundTrip) {
  for (const char* text : {"commit", "off", "interval=100ms"}) EXPECT_EQ(SyncMode::parse(text).value().text(), text);
  EXPECT_EQ(SyncMode::parse("interval=2s").value().text(), "interval=2000ms");
  for (const char* text : {"", "on", "interval=", "interval=5", "interval=-1s", "interval=0ms", "interval=5m"})
    EXPECT_FALSE(SyncMode::parse(text)) << text;
}

}  // namespace
}  // namespace magnetite::write_buffer
