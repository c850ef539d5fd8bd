#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "write_buffer/redis/cursor.h"
#include "write_buffer/redis/redis_log.h"

namespace magnetite::write_buffer {
namespace {

using redis::Client;
using redis::Cursor;
using redis::Marker;
using redis::ReaderContext;

// What streams need of their reader.
struct Shared {
  Shared(Executor& executor, const Client::Settings& client, const RedisLimits& limits, const Marker& marker)
      : context{client, executor, limits, marker} {
    for (uint32_t i = 0; i < marker.sequencers; ++i) cursors.push_back(std::make_unique<Cursor>(context, i));
  }
  ReaderContext context;
  std::vector<std::unique_ptr<Cursor>> cursors;  // by sequencer
};

class RedisStream final : public Stream {
 public:
  RedisStream(std::shared_ptr<Shared> shared, Cursor& cursor) : shared_(std::move(shared)), cursor_(cursor) {
    ++shared_->context.streams_alive;
  }
  ~RedisStream() override { --shared_->context.streams_alive; }
  Result<std::optional<SequencedRecord>> next(MonoTime deadline) override { return cursor_.next(deadline); }
  model::SequenceNumber position() const override { return {cursor_.position()}; }

 private:
  const std::shared_ptr<Shared> shared_;
  Cursor& cursor_;
};

class RedisReader final : public Reader {
 public:
  RedisReader(std::shared_ptr<Shared> shared, std::unique_ptr<Client> client)
      : shared_(std::move(shared)), client_(std::move(client)) {
    for (uint32_t i = 0; i < shared_->context.marker.sequencers; ++i) sequencers_.push_back(model::SequencerId{i});
  }
  std::string_view type_name() const override { return "redis"; }
  model::Uuid log_id() const override { return shared_->context.marker.log_id; }
  const std::vector<model::SequencerId>& sequencer_ids() const override { return sequencers_; }

  Result<Streams> streams() override {
    MAGNETITE_RETURN_IF_ERROR(check_no_streams());
    Streams streams;
    for (const model::SequencerId sequencer : sequencers_)
      streams.emplace(sequencer, std::make_unique<RedisStream>(shared_, *shared_->cursors[sequencer.value]));
    return streams;
  }
  Result<> seek(model::SequencerId sequencer, model::SequenceNumber number) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(sequencer));
    MAGNETITE_RETURN_IF_ERROR(check_no_streams());
    shared_->cursors[sequencer.value]->seek(number.value);
    return {};
  }
  Result<model::SequenceNumber> high_watermark(model::SequencerId sequencer) override {
    MAGNETITE_TRY(const redis::Watermarks marks, watermarks(sequencer));
    return model::SequenceNumber{marks.high};
  }
  Result<model::SequenceNumber> low_watermark(model::SequencerId sequencer) override {
    MAGNETITE_TRY(const redis::Watermarks marks, watermarks(sequencer));
    return model::SequenceNumber{marks.low};
  }
  ReaderStatus status() const override {
    ReaderStatus status{describe(Connection(shared_->context.client.connection)), {}, shared_->context.error_items};
    for (const auto& cursor : shared_->cursors)
      if (status.problem.empty()) status.problem = cursor->problem();
    return status;
  }

 private:
  Result<> check_known(model::SequencerId sequencer) const {
    if (sequencer.value < sequencers_.size()) return {};
    return fail(ErrorCode::kInvalidInput, fmt::format("the log has no sequencer {}", sequencer.value));
  }
  Result<> check_no_streams() const {
    if (shared_->context.streams_alive == 0) return {};
    return fail(ErrorCode::kFailedPrecondition, "the reader's streams are still in use");
  }
  Result<redis::Watermarks> watermarks(model::SequencerId sequencer) {
    MAGNETITE_RETURN_IF_ERROR(check_known(sequencer));
    // A connection that lay idle may be closed by now: that is found out by its use, and a new one is made once.
    if (client_ != nullptr) {
      auto marks = ask_watermarks(sequencer.value);
      if (marks || marks.error().code() != ErrorCode::kUnavailable) return marks;
      client_.reset();
    }
    MAGNETITE_TRY(client_, Client::connect(shared_->context.client));
    return ask_watermarks(sequencer.value);
  }
  Result<redis::Watermarks> ask_watermarks(uint32_t sequencer) {
    const ReaderContext& context = shared_->context;
    MAGNETITE_TRY(const auto ends,
                  redis::find_ends(*client_, context.client.connection.stream, context.marker, sequencer));
    if (!ends) return std::unexpected(redis::log_is_gone(context.client.connection.stream, context.marker));
    return redis::watermarks(*ends);
  }

  const std::shared_ptr<Shared> shared_;
  std::unique_ptr<Client> client_;  // for watermarks; each cursor has its own
  std::vector<model::SequencerId> sequencers_;
};

}  // namespace

Result<std::unique_ptr<Reader>> open_redis_reader(Executor& executor, const RedisConnection& connection,
                                                  std::string_view default_stream, const RedisLimits& limits) {
  Client::Settings settings{&executor.clock(), connection, limits.request_timeout};
  if (connection.stream.empty()) settings.connection.stream = default_stream;
  MAGNETITE_TRY(auto client, Client::connect(settings));
  MAGNETITE_TRY(const Marker marker, redis::open_log(*client, settings.connection.stream, connection.n_sequencers));
  return std::make_unique<RedisReader>(std::make_shared<Shared>(executor, settings, limits, marker), std::move(client));
}

}  // namespace magnetite::write_buffer
