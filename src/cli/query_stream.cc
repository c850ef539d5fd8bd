#include "cli/query_stream.h"

#include <arrow/buffer.h>
#include <arrow/ipc/message.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <magnetite/flight.pb.h>

#include <chrono>
#include <glaze/json.hpp>

#include "cli/client.h"

namespace magnetite::cli {
namespace {

using flight::FlightData;
using flight::Ticket;

constexpr const char* kMethod = "/arrow.flight.protocol.FlightService/DoGet";
constexpr std::chrono::milliseconds kLook{50};

// "Flight returned x error, with message: TEXT. gRPC client debug context: ..." of a server built on Arrow.
std::string bare_message(const std::string& text) {
  constexpr std::string_view kBefore = "with message: ";
  const size_t before = text.starts_with("Flight returned") ? text.find(kBefore) : std::string::npos;
  const size_t begin = before == std::string::npos ? 0 : before + kBefore.size();
  const size_t end = std::min(text.find(". Detail: "), text.find(". gRPC client debug context"));
  return text.substr(begin, end == std::string::npos ? end : end - begin);
}

// One DoGet call, one step at a time.
class FlightCall {
 public:
  FlightCall(const Client& client, QueryStream::ShouldEnd should_end)
      : client_(client), should_end_(std::move(should_end)), stub_(client.channel()) {}

  ~FlightCall() {
    if (stream_ != nullptr && !is_finished_) {
      context_.TryCancel();
      static_cast<void>(finish());
    }
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) continue;
  }
  FlightCall(const FlightCall&) = delete;
  FlightCall& operator=(const FlightCall&) = delete;

  // False where it fails: finish() says why.
  bool begin(const Ticket& ticket) {
    stream_ = stub_.PrepareCall(&context_, kMethod, &queue_);
    stream_->StartCall(this);
    if (!step()) return false;
    stream_->WriteLast(ticket, grpc::WriteOptions(), this);
    return step();
  }

  bool read(FlightData& data) {
    stream_->Read(&data, this);
    return step();
  }

  Result<> finish() {
    grpc::Status status;
    stream_->Finish(&status, this);
    step();
    is_finished_ = true;
    if (was_ended_) return fail(ErrorCode::kCancelled, "cancelled");
    return client_.check({status.error_code(), bare_message(status.error_message())});
  }

 private:
  bool step() {
    void* tag = nullptr;
    bool ok = false;
    while (queue_.AsyncNext(&tag, &ok, std::chrono::system_clock::now() + kLook) == grpc::CompletionQueue::TIMEOUT)
      if (!was_ended_ && should_end_ && should_end_()) end();
    return ok;
  }

  void end() {
    was_ended_ = true;
    context_.TryCancel();
  }

  const Client& client_;
  const QueryStream::ShouldEnd should_end_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  grpc::TemplatedGenericStub<Ticket, FlightData> stub_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<Ticket, FlightData>> stream_;
  bool was_ended_ = false;
  bool is_finished_ = false;
};

// Arrow asks for messages; where there are no more, `ended` says how the call ended.
class Messages final : public arrow::ipc::MessageReader {
 public:
  Messages(FlightCall& call, Result<>& ended) : call_(call), ended_(ended) {}

  arrow::Result<std::unique_ptr<arrow::ipc::Message>> ReadNextMessage() override {
    FlightData data;
    do {
      if (call_.read(data)) continue;
      ended_ = call_.finish();
      if (!ended_) return arrow::Status::IOError(ended_.error().message());
      return nullptr;
    } while (data.data_header().empty());  // carries nothing but application metadata
    return arrow::ipc::Message::Open(arrow::Buffer::FromString(std::move(*data.mutable_data_header())),
                                     arrow::Buffer::FromString(std::move(*data.mutable_data_body())));
  }

 private:
  FlightCall& call_;
  Result<>& ended_;
};

class Stream final : public QueryStream {
 public:
  Stream(const Client& client, ShouldEnd should_end) : should_end_(should_end), call_(client, std::move(should_end)) {}

  Result<> begin(const Ticket& ticket) {
    if (!call_.begin(ticket)) {
      MAGNETITE_RETURN_IF_ERROR(call_.finish());
      return fail(ErrorCode::kInternal, "the server answered without columns");
    }
    arrow::ipc::IpcReadOptions options = arrow::ipc::IpcReadOptions::Defaults();
    // What the transport hands over may lie anywhere; readers of int32 offsets must not.
    options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
    auto reader = arrow::ipc::RecordBatchStreamReader::Open(std::make_unique<Messages>(call_, ended_), options);
    if (!reader.ok()) return error_of(reader.status());
    reader_ = *std::move(reader);
    schema_ = reader_->schema();
    return {};
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  Result<std::shared_ptr<arrow::RecordBatch>> next() override {
    if (should_end_ && should_end_()) return fail(ErrorCode::kCancelled, "cancelled");
    std::shared_ptr<arrow::RecordBatch> batch;
    if (const arrow::Status status = reader_->ReadNext(&batch); !status.ok()) return error_of(status);
    return batch;
  }

 private:
  std::unexpected<Error> error_of(const arrow::Status& status) const {
    if (!ended_) return std::unexpected(ended_.error());
    return fail(ErrorCode::kInternal, "the server's answer cannot be read: " + status.message());
  }

  const ShouldEnd should_end_;
  FlightCall call_;
  Result<> ended_;
  std::shared_ptr<arrow::ipc::RecordBatchStreamReader> reader_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace

Result<std::unique_ptr<QueryStream>> QueryStream::start(const Client& client, const std::string& database,
                                                        const std::string& sql, ShouldEnd should_end) {
  Ticket ticket;
  ticket.set_ticket(fmt::format(R"({{"database":{},"sql_query":{}}})", glz::write_json(database).value_or("\"\""),
                                glz::write_json(sql).value_or("\"\"")));
  auto stream = std::make_unique<Stream>(client, std::move(should_end));
  MAGNETITE_RETURN_IF_ERROR(stream->begin(ticket));
  return stream;
}

}  // namespace magnetite::cli
