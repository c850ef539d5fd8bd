#include "write_buffer/file/log_reader.h"

#include <fmt/format.h>

#include "base/check.h"
#include "write_buffer/file/segment_files.h"

namespace magnetite::write_buffer {
namespace {

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
  std::vector<Position> positions;  // by sequencer; each used by its own stream only
  size_t streams_alive = 0;
};

class LogStream final : public Stream {
 public:
  LogStream(std::shared_ptr<Shared> shared, size_t sequencer)
      : shared_(std::move(shared)), sequencer_(sequencer), position_(shared_->positions[sequencer]) {}
  ~LogStream() override { --shared_->streams_alive; }

  Result<std::optional<SequencedRecord>> next(MonoTime deadline) override {
    while (true) {
      while (cursor_) {
        auto view = cursor_->next();
        if (!view) {
          cursor_.reset();
          position_.place.offset = batch_end_;
          return std::unexpected(std::move(view).error());
        }
        if (!*view) {
          cursor_.reset();
          position_.place.offset = batch_end_;
          break;
        }
        const StoredAt& stored_at = (*view)->stored_at;
        if (stored_at.sequence.sequencer.value != sequencer_ || stored_at.sequence.number.value < position_.next_number)
          continue;
        position_.next_number = stored_at.sequence.number.value + 1;
        MAGNETITE_TRY(Headers headers, format::decode_headers((*view)->headers));
        return SequencedRecord{stored_at, std::move(headers), std::string((*view)->payload)};
      }
      if (!shared_->tail.wait_for_data(position_.place, format::kDataOffset, deadline))
        return std::optional<SequencedRecord>();
      MAGNETITE_RETURN_IF_ERROR(read_batch());
    }
  }

 private:
  Result<> read_batch() {
    const LogTail::Place place = position_.place;
    if (file_ == nullptr || file_segment_ != place.segment) {
      MAGNETITE_TRY(file_, shared_->disk.open(segment_path(shared_->folder, place.segment), OpenMode::kRead));
      MAGNETITE_TRY(file_bytes_, file_->size());
      file_segment_ = place.segment;
    }
    bytes_.resize(format::kBatchHeaderBytes);
    MAGNETITE_RETURN_IF_ERROR(file_->read_at(place.offset, bytes_));
    const auto header = format::decode_batch_header(bytes_, place.offset, file_bytes_);
    const auto damaged = [&] {
      return fail(ErrorCode::kCorruption,
                  fmt::format("{} at offset {}: the batch is damaged", segment_path(shared_->folder, place.segment), place.offset));
    };
    if (!header) return damaged();
    bytes_.resize(format::kBatchHeaderBytes + header->body_bytes);
    MAGNETITE_RETURN_IF_ERROR(file_->read_at(place.offset, bytes_));
    if (!format::is_intact(bytes_, shared_->log_id, place.segment)) return damaged();
    cursor_.emplace(std::span<const std::byte>(bytes_).subspan(format::kBatchHeaderBytes), header->record_count);
    batch_end_ = header->end();
    return {};
  }

  const std::shared_ptr<Shared> shared_;
  const size_t sequencer_;
  Position& position_;
  std::unique_ptr<File> file_;
  uint64_t file_segment_ = 0;
  uint64_t file_bytes_ = 0;
  std::vector<std::byte> bytes_;
  std::optional<format::RecordCursor> cursor_;
  uint64_t batch_end_ = 0;
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
    MAGNETITE_RETURN_IF_ERROR(no_streams());
    Streams streams;
    for (const model::SequencerId sequencer : sequencers_) {
      streams.emplace(sequencer, std::make_unique<LogStream>(shared_, sequencer.value));
      ++shared_->streams_alive;
    }
    return streams;
  }

  Result<> seek(model::SequencerId sequencer, model::SequenceNumber number) override {
    MAGNETITE_RETURN_IF_ERROR(known(sequencer));
    MAGNETITE_RETURN_IF_ERROR(no_streams());
    shared_->positions[sequencer.value] = {number.value, {}};
    return {};
  }

  Result<model::SequenceNumber> high_watermark(model::SequencerId sequencer) override {
    MAGNETITE_RETURN_IF_ERROR(known(sequencer));
    return model::SequenceNumber{shared_->tail.next_number(sequencer.value)};
  }

  Result<model::SequenceNumber> low_watermark(model::SequencerId sequencer) override {
    MAGNETITE_RETURN_IF_ERROR(known(sequencer));
    return model::SequenceNumber{shared_->tail.first_number(sequencer.value)};
  }

 private:
  Result<> known(model::SequencerId sequencer) const {
    if (sequencer.value < sequencers_.size()) return {};
    return fail(ErrorCode::kInvalidInput, fmt::format("the log has no sequencer {}", sequencer.value));
  }
  Result<> no_streams() const {
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
