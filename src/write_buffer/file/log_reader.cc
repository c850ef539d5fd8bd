#include "write_buffer/file/log_reader.h"

#include <fmt/format.h>

#include <atomic>
#include <utility>

#include "write_buffer/file/batch_reader.h"
#include "write_buffer/file/segment_files.h"

namespace magnetite::write_buffer {
namespace {

constexpr size_t kSpareBytesMax = 16 << 20;

// Where a reader stands in one sequencer.
struct Position {
  uint64_t next_number = 0;  // smallest that may be delivered
  LogTail::Place place;      // of the batch that holds it, or an earlier one
};

struct Shared {
  Disk& disk;
  const std::string folder;
  const model::Uuid log_id;
  LogTail& tail;
  std::vector<Position> positions = {};  // by sequencer; each used by its own stream only
  std::atomic<size_t> streams_alive = 0;
  std::atomic<uint64_t> error_items = 0;
};

class LogStream final : public Stream {
 public:
  LogStream(std::shared_ptr<Shared> shared, size_t sequencer)
      : shared_(std::move(shared)), sequencer_(sequencer), position_(shared_->positions[sequencer]) {
    ++shared_->streams_alive;
  }
  ~LogStream() override { --shared_->streams_alive; }

  Result<std::optional<SequencedRecord>> next(MonoTime deadline) override {
    while (true) {
      while (cursor_) {
        auto record = next_of_batch();
        if (!record) {
          leave_batch();
          ++shared_->error_items;
        }
        if (!record || *record) return record;
      }
      const uint64_t published = shared_->tail.next_number(sequencer_);
      const std::optional<uint64_t> end = shared_->tail.wait_for_data(position_.place, deadline);
      if (!end) {
        position_.next_number = std::max(position_.next_number, published);
        return std::optional<SequencedRecord>();
      }
      if (auto entered = enter_batch(*end); !entered && shared_->tail.holds(position_.place.segment)) {
        // Over the damage: an error item is delivered once. Other errors may pass, the place stays.
        if (entered.error().code() == ErrorCode::kCorruption) {
          position_.place.offset = skip_to_;
          ++shared_->error_items;
        }
        return std::unexpected(std::move(entered).error());
      }  // else the segment was trimmed under our hands
    }
  }
  model::SequenceNumber position() const override { return {position_.next_number}; }
  void recycle(std::string payload) override {
    if (payload.capacity() <= kSpareBytesMax) spare_ = std::move(payload);
  }

 private:
  Result<std::optional<SequencedRecord>> next_of_batch() {
    MAGNETITE_TRY(const auto view, cursor_->next());
    if (!view) {
      leave_batch();
      return std::optional<SequencedRecord>();
    }
    const StoredAt& stored_at = view->stored_at;
    if (stored_at.sequence.sequencer.value != sequencer_ || stored_at.sequence.number.value < position_.next_number)
      return std::optional<SequencedRecord>();
    position_.next_number = stored_at.sequence.number.value + 1;
    MAGNETITE_TRY(Headers headers, format::decode_headers(view->headers));
    std::string payload = std::exchange(spare_, {});
    payload.assign(view->payload);
    return SequencedRecord{stored_at, std::move(headers), std::move(payload)};
  }
  void leave_batch() {
    cursor_.reset();
    position_.place.offset = batch_end_;
  }

  // Goes to the records of the batch at the position, or over it if it has none of ours.
  Result<> enter_batch(uint64_t readable_end) {
    const LogTail::Place place = position_.place;
    if (file_ == nullptr || file_segment_ != place.segment) {
      reader_.reset();
      MAGNETITE_TRY(file_, shared_->disk.open(segment_path(shared_->folder, place.segment), OpenMode::kRead));
      file_segment_ = place.segment;
      reader_.emplace(*file_, format::checksum_seed(shared_->log_id, place.segment), readable_end);
    }
    reader_->set_limit(readable_end);
    skip_to_ = readable_end;
    MAGNETITE_TRY(const auto header, reader_->header_at(place.offset));
    if (!header)
      return segment_damage(segment_path(shared_->folder, place.segment), place.offset, "the batch is damaged");
    batch_end_ = skip_to_ = header->end();
    if ((header->sequencers >> sequencer_ & 1) == 0) {
      position_.place.offset = batch_end_;
      return {};
    }
    MAGNETITE_TRY(const auto body, reader_->body_of(*header));
    if (!body)
      return segment_damage(segment_path(shared_->folder, place.segment), place.offset, "the batch is damaged");
    cursor_.emplace(*body, header->record_count);
    return {};
  }

  const std::shared_ptr<Shared> shared_;
  const size_t sequencer_;
  Position& position_;
  std::unique_ptr<File> file_;
  uint64_t file_segment_ = 0;
  std::optional<BatchReader> reader_;
  std::optional<format::RecordCursor> cursor_;
  uint64_t batch_end_ = 0;
  uint64_t skip_to_ = 0;
  std::string spare_;  // memory for the next payload
};

class LogReader final : public Reader {
 public:
  LogReader(std::shared_ptr<Shared> shared, std::vector<model::SequencerId> sequencers)
      : shared_(std::move(shared)), sequencers_(std::move(sequencers)) {
    shared_->positions.resize(sequencers_.size());
  }

  std::string_view type_name() const override { return "file"; }
  model::Uuid log_id() const override { return shared_->log_id; }
  const std::vector<model::SequencerId>& sequencer_ids() const override { return sequencers_; }

  Result<Streams> streams() override {
    MAGNETITE_RETURN_IF_ERROR(check_no_streams());
    Streams streams;
    for (const model::SequencerId sequencer : sequencers_)
      streams.emplace(sequencer, std::make_unique<LogStream>(shared_, sequencer.value));
    return streams;
  }

  Result<> seek(model::SequencerId sequencer, model::SequenceNumber number) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(sequencer));
    MAGNETITE_RETURN_IF_ERROR(check_no_streams());
    shared_->positions[sequencer.value] = {number.value, shared_->tail.place_of(sequencer.value, number.value)};
    return {};
  }

  Result<model::SequenceNumber> high_watermark(model::SequencerId sequencer) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(sequencer));
    return model::SequenceNumber{shared_->tail.next_number(sequencer.value)};
  }

  Result<model::SequenceNumber> low_watermark(model::SequencerId sequencer) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(sequencer));
    return model::SequenceNumber{shared_->tail.first_number(sequencer.value)};
  }

  ReaderStatus status() const override { return {"file", {}, shared_->error_items}; }

 private:
  Result<> check_known(model::SequencerId sequencer) const {
    if (sequencer.value < sequencers_.size()) return {};
    return fail(ErrorCode::kInvalidInput, fmt::format("the log has no sequencer {}", sequencer.value));
  }
  Result<> check_no_streams() const {
    if (shared_->streams_alive == 0) return {};
    return fail(ErrorCode::kFailedPrecondition, "the reader's streams are still in use");
  }

  const std::shared_ptr<Shared> shared_;
  const std::vector<model::SequencerId> sequencers_;
};

}  // namespace

std::unique_ptr<Reader> make_log_reader(Disk& disk, std::string folder, model::Uuid log_id,
                                        std::vector<model::SequencerId> sequencers, LogTail& tail) {
  auto shared = std::make_shared<Shared>(disk, std::move(folder), log_id, tail);
  return std::make_unique<LogReader>(std::move(shared), std::move(sequencers));
}

}  // namespace magnetite::write_buffer
