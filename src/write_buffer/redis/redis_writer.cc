#include <fmt/format.h>

#include <utility>

#include "write_buffer/redis/redis_log.h"
#include "write_buffer/redis/sender.h"

namespace magnetite::write_buffer {
namespace {

uint64_t bytes_of(const Record& record) {
  uint64_t bytes = record.payload.size();
  for (const auto& [name, value] : record.headers) bytes += name.size() + value.size();
  return bytes;
}

class RedisWriter final : public Writer {
 public:
  RedisWriter(Executor& executor, redis::Sender::Settings settings)
      : executor_(executor), limits_(settings.limits), connection_(settings.connection), sender_(executor, settings) {}
  ~RedisWriter() override { sender_.stop(); }

  Result<> open() {
    MAGNETITE_RETURN_IF_ERROR(sender_.open());
    for (uint32_t i = 0; i < sender_.marker().sequencers; ++i) sequencers_.push_back(model::SequencerId{i});
    task_ = executor_.spawn("redis writer", [this] { sender_.run(); });
    return {};
  }

  std::string_view type_name() const override { return "redis"; }
  model::Uuid log_id() const override { return sender_.marker().log_id; }
  const std::vector<model::SequencerId>& sequencer_ids() const override { return sequencers_; }

  Result<std::shared_ptr<PendingAppend>> append(model::SequencerId sequencer, const Record& record) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(sequencer));
    const uint64_t bytes = bytes_of(record);
    if (bytes > limits_.record_bytes_max)
      return fail(ErrorCode::kTooLarge, fmt::format("redis: an entry of {} bytes is above the log's limit of {}", bytes,
                                                    limits_.record_bytes_max));
    return sender_.queue().push(sequencer, record, bytes + sizeof(redis::Append), limits_.write_timeout);
  }
  uint64_t record_bytes_max() const override { return limits_.record_bytes_max; }

  Result<> trim(model::SequencerId sequencer, model::SequenceNumber first_needed) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(sequencer));
    if (!connection_.trim) return {};
    if (const auto refusal = sender_.queue().refusal()) return std::unexpected(*refusal);
    const auto trim = std::make_shared<redis::Trim>(executor_, sequencer.value, first_needed.value);
    sender_.request(trim);
    const auto outcome = trim->wait_until(executor_.clock().mono_now() + limits_.write_timeout);
    return outcome ? *outcome
                   : fail(ErrorCode::kUnavailable, "redis: no answer in time; nothing, or a part, is trimmed");
  }

  WriterStatus status() const override {
    return {fmt::format("{}, durability={}", describe(Connection(connection_)),
                        connection_.durability_required ? "required" : "reported"),
            !sender_.queue().refusal(), sender_.problem(), 0};
  }

 private:
  Result<> check_known(model::SequencerId sequencer) const {
    if (sequencer.value < sequencers_.size()) return {};
    return fail(ErrorCode::kInvalidInput, fmt::format("the log has no sequencer {}", sequencer.value));
  }

  Executor& executor_;
  const RedisLimits limits_;
  const RedisConnection connection_;
  redis::Sender sender_;
  std::vector<model::SequencerId> sequencers_;
  Task task_;  // last: joins before what it uses goes
};

}  // namespace

Result<std::shared_ptr<Writer>> open_redis_writer(Executor& executor, const RedisConnection& connection,
                                                  std::string_view default_stream, const RedisLimits& limits) {
  RedisConnection named = connection;
  if (named.stream.empty()) named.stream = default_stream;
  auto writer = std::make_shared<RedisWriter>(executor, redis::Sender::Settings{std::move(named), limits});
  MAGNETITE_RETURN_IF_ERROR(writer->open());
  return writer;
}

}  // namespace magnetite::write_buffer
