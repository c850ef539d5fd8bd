#include "write_buffer/memory/memory_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <variant>

#include "base/mutex.h"

namespace magnetite::write_buffer {
namespace {

struct InjectedError {
  Error error;
  uint64_t number;  // of the record it stands before
};
using Item = std::variant<SequencedRecord, InjectedError>;

uint64_t number_of(const Item& item) {
  const auto* record = std::get_if<SequencedRecord>(&item);
  return record != nullptr ? record->stored_at.sequence.number.value : std::get<InjectedError>(item).number;
}

struct Shared {
  Shared(Executor& e, uint32_t sequencer_count) : executor(e), changed(e), sequences(sequencer_count) {
    for (uint32_t i = 0; i < sequencer_count; ++i) sequencers.push_back(model::SequencerId{i});
  }

  Executor& executor;
  const model::Uuid log_id = model::Uuid::random();
  std::vector<model::SequencerId> sequencers;
  mutable Mutex mutex;
  Signal changed;
  struct Sequence {
    std::vector<Item> items;
    uint64_t next_number = 0;
    uint64_t cleared = 0;  // items removed from the front
  };
  std::vector<Sequence> sequences GUARDED_BY(mutex);
};

Result<> check_known(const Shared& shared, model::SequencerId sequencer) {
  if (sequencer.value < shared.sequencers.size()) return {};
  return fail(ErrorCode::kInvalidInput, fmt::format("the log has no sequencer {}", sequencer.value));
}

class StoredAppend final : public PendingAppend {
 public:
  explicit StoredAppend(StoredAt stored_at) : stored_at_(stored_at) {}
  std::optional<Result<StoredAt>> wait_until(MonoTime) override { return Result<StoredAt>(stored_at_); }

 private:
  const StoredAt stored_at_;
};

class MemoryWriter final : public Writer {
 public:
  explicit MemoryWriter(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::string_view type_name() const override { return "memory"; }
  model::Uuid log_id() const override { return shared_->log_id; }
  const std::vector<model::SequencerId>& sequencer_ids() const override { return shared_->sequencers; }

  Result<std::shared_ptr<PendingAppend>> append(model::SequencerId sequencer, const Record& record) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(*shared_, sequencer));
    const MutexLock lock(shared_->mutex);
    Shared::Sequence& sequence = shared_->sequences[sequencer.value];
    const StoredAt stored_at{{sequencer, model::SequenceNumber{sequence.next_number++}},
                             shared_->executor.clock().wall_now()};
    sequence.items.emplace_back(SequencedRecord{stored_at, record.headers, std::string(record.payload)});
    shared_->changed.notify_all();
    return std::make_shared<StoredAppend>(stored_at);
  }
  Result<> trim(model::SequencerId sequencer, model::SequenceNumber first_needed) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(*shared_, sequencer));
    const MutexLock lock(shared_->mutex);
    Shared::Sequence& sequence = shared_->sequences[sequencer.value];
    const auto kept = std::ranges::find_if(sequence.items, [&](const Item& item) {
      const auto* record = std::get_if<SequencedRecord>(&item);
      return record != nullptr && record->stored_at.sequence.number >= first_needed;
    });
    sequence.cleared += static_cast<uint64_t>(kept - sequence.items.begin());
    sequence.items.erase(sequence.items.begin(), kept);
    return {};
  }
  WriterStatus status() const override { return {"memory", true, {}, 0}; }

 private:
  const std::shared_ptr<Shared> shared_;
};

// Belongs to the reader, used by its stream.
struct Position {
  uint64_t item = 0;  // counted from the log's beginning
  uint64_t number_min = 0;
};

struct ReaderState {
  explicit ReaderState(size_t sequencers) : positions(sequencers) {}
  std::vector<Position> positions;  // by sequencer; each used by its own stream only
  std::atomic<size_t> streams_alive = 0;
  std::atomic<uint64_t> error_items = 0;
};

class MemoryStream final : public Stream {
 public:
  MemoryStream(std::shared_ptr<Shared> shared, size_t sequencer, std::shared_ptr<ReaderState> reader)
      : shared_(std::move(shared)), sequencer_(sequencer), reader_(std::move(reader)) {
    ++reader_->streams_alive;
  }
  ~MemoryStream() override { --reader_->streams_alive; }

  Result<std::optional<SequencedRecord>> next(MonoTime deadline) override {
    Position& position = reader_->positions[sequencer_];
    const MutexLock lock(shared_->mutex);
    while (true) {
      const Shared::Sequence& sequence = shared_->sequences[sequencer_];
      position.item = std::max(position.item, sequence.cleared);
      while (position.item - sequence.cleared < sequence.items.size()) {
        const Item& item = sequence.items[position.item++ - sequence.cleared];
        if (number_of(item) < position.number_min) continue;
        if (const auto* record = std::get_if<SequencedRecord>(&item)) {
          position.number_min = number_of(item) + 1;
          return *record;
        }
        ++reader_->error_items;
        return std::unexpected(std::get<InjectedError>(item).error);
      }
      position.number_min = std::max(position.number_min, sequence.next_number);
      if (shared_->changed.wait_until(shared_->mutex, deadline, WaitReason::kData) == WaitOutcome::kDeadline)
        return std::optional<SequencedRecord>();
    }
  }
  model::SequenceNumber position() const override { return {reader_->positions[sequencer_].number_min}; }

 private:
  const std::shared_ptr<Shared> shared_;
  const size_t sequencer_;
  const std::shared_ptr<ReaderState> reader_;
};

class MemoryReader final : public Reader {
 public:
  explicit MemoryReader(std::shared_ptr<Shared> shared)
      : shared_(std::move(shared)), state_(std::make_shared<ReaderState>(shared_->sequencers.size())) {}
  std::string_view type_name() const override { return "memory"; }
  model::Uuid log_id() const override { return shared_->log_id; }
  const std::vector<model::SequencerId>& sequencer_ids() const override { return shared_->sequencers; }

  Result<Streams> streams() override {
    MAGNETITE_RETURN_IF_ERROR(no_streams());
    Streams streams;
    for (const model::SequencerId sequencer : shared_->sequencers)
      streams.emplace(sequencer, std::make_unique<MemoryStream>(shared_, sequencer.value, state_));
    return streams;
  }
  Result<> seek(model::SequencerId sequencer, model::SequenceNumber number) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(*shared_, sequencer));
    MAGNETITE_RETURN_IF_ERROR(no_streams());
    state_->positions[sequencer.value] = {0, number.value};
    return {};
  }
  Result<model::SequenceNumber> high_watermark(model::SequencerId sequencer) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(*shared_, sequencer));
    const MutexLock lock(shared_->mutex);
    return model::SequenceNumber{shared_->sequences[sequencer.value].next_number};
  }
  Result<model::SequenceNumber> low_watermark(model::SequencerId sequencer) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(*shared_, sequencer));
    const MutexLock lock(shared_->mutex);
    const Shared::Sequence& sequence = shared_->sequences[sequencer.value];
    for (const Item& item : sequence.items)
      if (const auto* record = std::get_if<SequencedRecord>(&item)) return record->stored_at.sequence.number;
    return model::SequenceNumber{sequence.next_number};
  }
  ReaderStatus status() const override { return {"memory", {}, state_->error_items}; }

 private:
  Result<> no_streams() const {
    if (state_->streams_alive == 0) return {};
    return fail(ErrorCode::kFailedPrecondition, "the reader's streams are still in use");
  }

  const std::shared_ptr<Shared> shared_;
  const std::shared_ptr<ReaderState> state_;
};

class MemoryLogImpl final : public MemoryLog {
 public:
  explicit MemoryLogImpl(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::unique_ptr<Writer> make_writer() override { return std::make_unique<MemoryWriter>(shared_); }
  std::unique_ptr<Reader> make_reader() override { return std::make_unique<MemoryReader>(shared_); }

  Result<> push(SequencedRecord record) override {
    const model::Sequence at = record.stored_at.sequence;
    MAGNETITE_RETURN_IF_ERROR(check_known(*shared_, at.sequencer));
    const MutexLock lock(shared_->mutex);
    Shared::Sequence& sequence = shared_->sequences[at.sequencer.value];
    if (at.number.value < sequence.next_number)
      return fail(ErrorCode::kInvalidInput, fmt::format("number {} is not above the last one", at.number.value));
    if (at.number.value == UINT64_MAX) return fail(ErrorCode::kInvalidInput, "no number would follow this one");
    sequence.next_number = at.number.value + 1;
    sequence.items.emplace_back(std::move(record));
    shared_->changed.notify_all();
    return {};
  }
  Result<> push_error(model::SequencerId sequencer, Error error) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(*shared_, sequencer));
    const MutexLock lock(shared_->mutex);
    Shared::Sequence& sequence = shared_->sequences[sequencer.value];
    sequence.items.emplace_back(InjectedError{std::move(error), sequence.next_number});
    shared_->changed.notify_all();
    return {};
  }
  std::vector<SequencedRecord> records(model::SequencerId sequencer) const override {
    std::vector<SequencedRecord> records;
    if (!check_known(*shared_, sequencer)) return records;
    const MutexLock lock(shared_->mutex);
    for (const Item& item : shared_->sequences[sequencer.value].items)
      if (const auto* record = std::get_if<SequencedRecord>(&item)) records.push_back(*record);
    return records;
  }
  void clear(model::SequencerId sequencer) override {
    if (!check_known(*shared_, sequencer)) return;
    const MutexLock lock(shared_->mutex);
    Shared::Sequence& sequence = shared_->sequences[sequencer.value];
    sequence.cleared += sequence.items.size();
    sequence.items.clear();
  }

 private:
  const std::shared_ptr<Shared> shared_;
};

}  // namespace

Result<std::shared_ptr<MemoryLog>> MemoryLog::make(Executor& executor, uint32_t sequencer_count) {
  if (sequencer_count == 0) return fail(ErrorCode::kInvalidInput, "a log has at least one sequencer");
  return std::make_shared<MemoryLogImpl>(std::make_shared<Shared>(executor, sequencer_count));
}

Result<std::shared_ptr<MemoryLog>> MemoryLogs::open(std::string_view name, std::optional<uint32_t> create_sequencers) {
  const MutexLock lock(mutex_);
  if (const auto known = logs_.find(name); known != logs_.end()) return known->second;
  if (!create_sequencers) return fail(ErrorCode::kNotFound, fmt::format("there is no log '{}' in memory", name));
  MAGNETITE_TRY(auto log, MemoryLog::make(executor_, *create_sequencers));
  logs_.emplace(name, log);
  return log;
}

}  // namespace magnetite::write_buffer
