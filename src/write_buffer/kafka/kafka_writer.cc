#include <fmt/format.h>

#include <algorithm>

#include "write_buffer/kafka/deliveries.h"
#include "write_buffer/kafka/errors.h"
#include "write_buffer/kafka/kafka_log.h"
#include "write_buffer/kafka/topic.h"

namespace magnetite::write_buffer {
namespace kafka {
namespace {

using DeleteRecords = Owned<rd_kafka_DeleteRecords_t, rd_kafka_DeleteRecords_destroy>;
using Offsets = Owned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;
using ErrorObject = Owned<rd_kafka_error_t, rd_kafka_error_destroy>;
using HeaderList = Owned<rd_kafka_headers_t, rd_kafka_headers_destroy>;

Result<HeaderList> header_list(const Headers& headers) {
  HeaderList list(rd_kafka_headers_new(headers.size()));
  for (const auto& [name, value] : headers) {
    if (name.contains('\0')) return fail(ErrorCode::kInvalidInput, "a header's name contains a zero byte");
    rd_kafka_header_add(list.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  return list;
}

class KafkaWriter final : public Writer {
 public:
  KafkaWriter(Executor& executor, KafkaOptions options, std::shared_ptr<Deliveries> deliveries, Client client,
              const OpenedTopic& opened)
      : executor_(executor),
        options_(std::move(options)),
        log_id_(opened.state.id),
        record_bytes_max_(std::min(options_.limits.record_bytes_max, record_bytes_in(opened.bytes_max))),
        deliveries_(std::move(deliveries)),
        client_(std::move(client)),
        topic_(rd_kafka_topic_new(client_.get(), options_.topic().c_str(), nullptr)),
        watch_(client_.get(), executor, options_, opened.state, deliveries_->problem()) {
    for (uint32_t i = 0; i < opened.state.partitions; ++i) sequencers_.push_back(model::SequencerId{i});
  }

  ~KafkaWriter() override {
    // What is queued is still written; what cannot be written in time gets its outcome from the purge.
    constexpr int kFlushMs = 10'000;
    if (rd_kafka_flush(client_.get(), kFlushMs) == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(client_.get(), kFlushMs);
  }

  std::string_view type_name() const override { return "kafka"; }
  model::Uuid log_id() const override { return log_id_; }
  const std::vector<model::SequencerId>& sequencer_ids() const override { return sequencers_; }

  Result<std::shared_ptr<PendingAppend>> append(model::SequencerId sequencer, const Record& record) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(sequencer));
    uint64_t bytes = record.payload.size();
    for (const auto& [name, value] : record.headers) bytes += name.size() + value.size();
    if (bytes > record_bytes_max_)
      return fail(ErrorCode::kTooLarge, fmt::format("a record of {} bytes; {} are allowed", bytes, record_bytes_max_));
    watch_.tick();
    MAGNETITE_RETURN_IF_ERROR(check_same_log());
    MAGNETITE_TRY(HeaderList headers, header_list(record.headers));
    const int64_t milliseconds = executor_.clock().wall_now().nanos / kNanosOfMillisecond;
    auto delivery = std::make_shared<Delivery>(deliveries_, WallTime{milliseconds * kNanosOfMillisecond});
    delivery->self = delivery;
    if (const auto error = produce(sequencer, record.payload, headers.get(), milliseconds, delivery.get());
        error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      delivery->self.reset();
      return std::unexpected(append_error(error));
    }
    (void)headers.release();  // the message's now
    return delivery;
  }

  uint64_t record_bytes_max() const override { return record_bytes_max_; }

  Result<> trim(model::SequencerId sequencer, model::SequenceNumber first_needed) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(sequencer));
    if (!options_.connection.trim) return {};
    MAGNETITE_RETURN_IF_ERROR(check_same_log());
    const MonoTime deadline = executor_.clock().mono_now() + options_.limits.request_timeout;
    const auto partition = static_cast<int32_t>(sequencer.value);
    int64_t low = 0;
    int64_t high = 0;
    if (const auto error = rd_kafka_query_watermark_offsets(client_.get(), options_.topic().c_str(), partition, &low,
                                                            &high, milliseconds_until(executor_, deadline));
        error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return std::unexpected(request_error(error));
    const auto offset = static_cast<int64_t>(std::min(first_needed.value, static_cast<uint64_t>(high)));
    if (offset <= low) return {};
    return delete_records(partition, offset, milliseconds_until(executor_, deadline));
  }

  WriterStatus status() const override {
    watch_.tick();
    WriterStatus status;
    status.mode = fmt::format("kafka, topic={}, acks=all", options_.topic());
    status.problem = deliveries_->problem().text();
    if (watch_.missing()) status.problem = fmt::format("topic '{}' does not exist", options_.topic());
    if (auto same = check_same_log(); !same) {
      status.accepting = false;
      status.problem = same.error().message();
    }
    return status;
  }

 private:
  rd_kafka_resp_err_t produce(model::SequencerId sequencer, std::string_view payload, rd_kafka_headers_t* headers,
                              int64_t milliseconds, Delivery* delivery) {
    // A null payload would be a tombstone. Copied: an appender that gives up waiting takes its bytes with it.
    const char* bytes = payload.data() == nullptr ? "" : payload.data();
    rd_kafka_vu_t fields[7];
    fields[0].vtype = RD_KAFKA_VTYPE_RKT;
    fields[0].u.rkt = topic_.get();
    fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    fields[1].u.i32 = static_cast<int32_t>(sequencer.value);
    fields[2].vtype = RD_KAFKA_VTYPE_VALUE;
    fields[2].u.mem.ptr = const_cast<char*>(bytes);
    fields[2].u.mem.size = payload.size();
    fields[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    fields[3].u.i = RD_KAFKA_MSG_F_COPY;
    fields[4].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    fields[4].u.i64 = milliseconds;
    fields[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
    fields[5].u.ptr = delivery;
    fields[6].vtype = RD_KAFKA_VTYPE_HEADERS;
    fields[6].u.headers = headers;
    const ErrorObject error(rd_kafka_produceva(client_.get(), fields, std::size(fields)));
    return error == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(error.get());
  }

  Result<> delete_records(int32_t partition, int64_t below, int timeout_ms) {
    const Offsets offsets(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(offsets.get(), options_.topic().c_str(), partition)->offset = below;
    const DeleteRecords wanted(rd_kafka_DeleteRecords_new(offsets.get()));
    const Queue answers(rd_kafka_queue_new(client_.get()));
    rd_kafka_DeleteRecords_t* all[] = {wanted.get()};
    const AdminOptions admin = admin_options(client_.get(), RD_KAFKA_ADMIN_OP_DELETERECORDS, timeout_ms);
    rd_kafka_DeleteRecords(client_.get(), all, 1, admin.get(), answers.get());
    const Event answer(rd_kafka_queue_poll(answers.get(), std::max(timeout_ms, 1)));
    if (answer == nullptr) return fail(ErrorCode::kUnavailable, "kafka: no answer to the deletion of records");
    if (const auto error = rd_kafka_event_error(answer.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return std::unexpected(request_error(error, rd_kafka_event_error_string(answer.get())));
    const auto* done = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(answer.get()));
    for (int i = 0; i < done->cnt; ++i)
      if (done->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(request_error(done->elems[i].err));
    return {};
  }

  Result<> check_known(model::SequencerId sequencer) const {
    if (sequencer.value < sequencers_.size()) return {};
    return fail(ErrorCode::kInvalidInput, fmt::format("the log has no sequencer {}", sequencer.value));
  }
  Result<> check_same_log() const {
    if (auto replaced = watch_.replaced()) return std::unexpected(*std::move(replaced));
    if (auto broken = deliveries_->broken()) return std::unexpected(*std::move(broken));
    return {};
  }

  Executor& executor_;
  const KafkaOptions options_;
  const model::Uuid log_id_;
  const uint64_t record_bytes_max_;
  std::vector<model::SequencerId> sequencers_;
  const std::shared_ptr<Deliveries> deliveries_;  // outlives the client
  const Client client_;
  const Topic topic_;
  mutable TopicWatch watch_;
};

}  // namespace
}  // namespace kafka

Result<std::shared_ptr<Writer>> open_kafka_writer(Executor& executor, const KafkaConnection& connection,
                                                  std::string_view default_topic, const KafkaLimits& limits) {
  MAGNETITE_TRY(kafka::KafkaOptions options, kafka::options_of(connection, default_topic, limits));
  // How large records may be, and how many partitions there are, is not known before there is a client. A consumer
  // asks, which cannot create a topic by asking.
  MAGNETITE_TRY(const kafka::Settings asking, kafka::consumer_settings(options));
  kafka::Problem problem;
  MAGNETITE_TRY(const kafka::Client asker, kafka::make_consumer(asking, problem));
  MAGNETITE_TRY(const kafka::OpenedTopic opened, kafka::open_topic(asker.get(), executor, options));
  MAGNETITE_TRY(const kafka::Settings settings, kafka::producer_settings(options, opened.bytes_max));
  auto deliveries = std::make_shared<kafka::Deliveries>(executor, opened.state.partitions, opened.broker_time);
  MAGNETITE_TRY(kafka::Client client, kafka::make_producer(settings, kafka::Deliveries::handle, deliveries.get()));
  return std::make_shared<kafka::KafkaWriter>(executor, std::move(options), std::move(deliveries), std::move(client),
                                              opened);
}

}  // namespace magnetite::write_buffer
