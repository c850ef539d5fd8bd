// Doubles for those who use a write buffer: one that can never be written, and one that can never be read.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer::testing {

// Thread-safe, like every writer.
class FailingWriter final : public Writer {
 public:
  explicit FailingWriter(Error error) : error_(std::move(error)) {}
  std::string_view type_name() const override { return "failing"; }
  model::Uuid log_id() const override { return log_id_; }
  const std::vector<model::SequencerId>& sequencer_ids() const override { return sequencers_; }
  Result<std::shared_ptr<PendingAppend>> append(model::SequencerId, const Record&) override {
    return std::unexpected(error_);
  }
  Result<> trim(model::SequencerId, model::SequenceNumber) override { return std::unexpected(error_); }
  WriterStatus status() const override { return {"failing", false, error_.message(), 0}; }

 private:
  const Error error_;
  const model::Uuid log_id_ = model::Uuid::random();
  const std::vector<model::SequencerId> sequencers_{model::SequencerId{0}};
};

class FailingReader final : public Reader {
 public:
  explicit FailingReader(Error error) : error_(std::move(error)) {}
  std::string_view type_name() const override { return "failing"; }
  model::Uuid log_id() const override { return log_id_; }
  const std::vector<model::SequencerId>& sequencer_ids() const override { return sequencers_; }
  Result<Streams> streams() override { return std::unexpected(error_); }
  Result<> seek(model::SequencerId, model::SequenceNumber) override { return std::unexpected(error_); }
  Result<model::SequenceNumber> high_watermark(model::SequencerId) override { return std::unexpected(error_); }
  Result<model::SequenceNumber> low_watermark(model::SequencerId) override { return std::unexpected(error_); }
  ReaderStatus status() const override { return {"failing", error_.message(), 0}; }

 private:
  const Error error_;
  const model::Uuid log_id_ = model::Uuid::random();
  const std::vector<model::SequencerId> sequencers_{model::SequencerId{0}};
};

}  // namespace magnetite::write_buffer::testing
