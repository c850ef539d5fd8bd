#include "cli/client.h"

#include <arrow/flight/client.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <google/longrunning/operations.grpc.pb.h>
#include <grpcpp/grpcpp.h>
#include <influxdata/iox/management/v1/service.grpc.pb.h>
#include <influxdata/iox/write/v1/service.grpc.pb.h>

#include <fstream>
#include <glaze/json.hpp>

namespace magnetite::cli {
namespace {

namespace write_api = influxdata::iox::write::v1;

Error to_error(const grpc::Status& status, const std::string& host) {
  switch (status.error_code()) {
    case grpc::NOT_FOUND:
      if (status.error_message().starts_with("Resource database/"))
        return Error(ErrorCode::kNotFound, "Database not found: " + status.error_message());
      return Error(ErrorCode::kNotFound, status.error_message());
    case grpc::ALREADY_EXISTS:
      return Error(ErrorCode::kAlreadyExists, "Database already exists: " + status.error_message());
    case grpc::INVALID_ARGUMENT:
      return Error(ErrorCode::kInvalidInput, status.error_message());
    case grpc::FAILED_PRECONDITION:
      return Error(ErrorCode::kFailedPrecondition, status.error_message());
    case grpc::RESOURCE_EXHAUSTED:
      return Error(ErrorCode::kResourceExhausted, status.error_message());
    case grpc::UNAVAILABLE:
      return Error(ErrorCode::kUnavailable,
                   fmt::format("Error connecting to {}: {} (is the server running? --host names it)", host,
                               status.error_message()));
    default:
      return Error(ErrorCode::kInternal, "Unexpected server error: " + status.error_message());
  }
}

class ClientImpl final : public Client {
 public:
  // `roots` of TLS in PEM, empty for the system's; nullopt: no TLS.
  ClientImpl(std::string host, std::string address, std::optional<std::string> roots)
      : host_(std::move(host)), address_(std::move(address)), roots_(std::move(roots)) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    const auto channel = grpc::CreateCustomChannel(address_, credentials(), arguments);
    management_ = management::ManagementService::NewStub(channel);
    write_ = write_api::WriteService::NewStub(channel);
    operations_ = longrunning::Operations::NewStub(channel);
  }

  Result<> create_database(const management::DatabaseRules& rules) override {
    management::CreateDatabaseRequest request;
    *request.mutable_rules() = rules;
    management::CreateDatabaseResponse response;
    grpc::ClientContext context;
    return check(management_->CreateDatabase(&context, request, &response));
  }

  Result<std::vector<std::string>> list_databases() override {
    management::ListDatabasesResponse response;
    grpc::ClientContext context;
    MAGNETITE_RETURN_IF_ERROR(check(management_->ListDatabases(&context, {}, &response)));
    return std::vector<std::string>(response.names().begin(), response.names().end());
  }

  Result<management::DatabaseRules> get_database(const std::string& name) override {
    management::GetDatabaseRequest request;
    request.set_name(name);
    management::GetDatabaseResponse response;
    grpc::ClientContext context;
    MAGNETITE_RETURN_IF_ERROR(check(management_->GetDatabase(&context, request, &response)));
    return response.rules();
  }

  Result<uint64_t> write(const std::string& database, std::string lines) override {
    write_api::WriteRequest request;
    request.set_db_name(database);
    request.set_lp_data(std::move(lines));
    write_api::WriteResponse response;
    grpc::ClientContext context;
    MAGNETITE_RETURN_IF_ERROR(check(write_->Write(&context, request, &response)));
    return response.lines_written();
  }

  Result<std::vector<management::Chunk>> list_chunks(const std::string& database) override {
    management::ListChunksRequest request;
    request.set_db_name(database);
    MAGNETITE_TRY(const auto response, call(*management_, &Management::ListChunks, request));
    return std::vector<management::Chunk>(response.chunks().begin(), response.chunks().end());
  }

  Result<std::vector<std::string>> list_partitions(const std::string& database) override {
    management::ListPartitionsRequest request;
    request.set_db_name(database);
    MAGNETITE_TRY(const auto response, call(*management_, &Management::ListPartitions, request));
    std::vector<std::string> keys;
    for (const management::Partition& partition : response.partitions()) keys.push_back(partition.key());
    return keys;
  }

  Result<std::string> get_partition(const std::string& database, const std::string& key) override {
    management::GetPartitionRequest request;
    request.set_db_name(database);
    request.set_partition_key(key);
    MAGNETITE_TRY(const auto response, call(*management_, &Management::GetPartition, request));
    if (!response.has_partition()) return fail(ErrorCode::kNotFound, "Partition not found");
    return response.partition().key();
  }

  Result<std::vector<management::Chunk>> list_partition_chunks(const std::string& database,
                                                               const std::string& key) override {
    management::ListPartitionChunksRequest request;
    request.set_db_name(database);
    request.set_partition_key(key);
    MAGNETITE_TRY(const auto response, call(*management_, &Management::ListPartitionChunks, request));
    return std::vector<management::Chunk>(response.chunks().begin(), response.chunks().end());
  }

  Result<> new_chunk(const ChunkName& place) override {
    management::NewPartitionChunkRequest request;
    request.set_db_name(place.database);
    request.set_partition_key(place.partition_key);
    request.set_table_name(place.table);
    MAGNETITE_RETURN_IF_ERROR(call(*management_, &Management::NewPartitionChunk, request));
    return {};
  }

  Result<longrunning::Operation> close_chunk(const ChunkName& chunk) override {
    MAGNETITE_TRY(const auto response, call(*management_, &Management::ClosePartitionChunk,
                                            named<management::ClosePartitionChunkRequest>(chunk)));
    return response.operation();
  }

  Result<> unload_chunk(const ChunkName& chunk) override {
    MAGNETITE_RETURN_IF_ERROR(
        call(*management_, &Management::UnloadPartitionChunk, named<management::UnloadPartitionChunkRequest>(chunk)));
    return {};
  }

  Result<std::vector<longrunning::Operation>> list_operations() override {
    MAGNETITE_TRY(const auto response,
                  call(*operations_, &Operations::ListOperations, longrunning::ListOperationsRequest()));
    return std::vector<longrunning::Operation>(response.operations().begin(), response.operations().end());
  }

  Result<longrunning::Operation> get_operation(const std::string& id) override {
    longrunning::GetOperationRequest request;
    request.set_name(id);
    return call(*operations_, &Operations::GetOperation, request);
  }

  Result<longrunning::Operation> wait_operation(const std::string& id, std::optional<uint64_t> nanos) override {
    longrunning::WaitOperationRequest request;
    request.set_name(id);
    if (nanos) {
      request.mutable_timeout()->set_seconds(static_cast<int64_t>(*nanos / 1'000'000'000));
      request.mutable_timeout()->set_nanos(static_cast<int32_t>(*nanos % 1'000'000'000));
    }
    return call(*operations_, &Operations::WaitOperation, request);
  }

  Result<> cancel_operation(const std::string& id) override {
    longrunning::CancelOperationRequest request;
    request.set_name(id);
    MAGNETITE_RETURN_IF_ERROR(call(*operations_, &Operations::CancelOperation, request));
    return {};
  }

  Result<longrunning::Operation> start_dummy_job(const std::vector<uint64_t>& nanos) override {
    management::CreateDummyJobRequest request;
    request.mutable_nanos()->Add(nanos.begin(), nanos.end());
    MAGNETITE_TRY(const auto response, call(*management_, &Management::CreateDummyJob, request));
    return response.operation();
  }

  Result<uint32_t> server_id() override {
    management::GetServerIdResponse response;
    grpc::ClientContext context;
    const grpc::Status status = management_->GetServerId(&context, {}, &response);
    if (status.error_code() == grpc::NOT_FOUND)
      return fail(ErrorCode::kNotFound, "the server has no id yet: `magnetite server set ID` gives it one");
    MAGNETITE_RETURN_IF_ERROR(check(status));
    return response.id();
  }

  Result<> set_server_id(uint32_t id) override {
    management::UpdateServerIdRequest request;
    request.set_id(id);
    MAGNETITE_RETURN_IF_ERROR(call(*management_, &Management::UpdateServerId, request));
    return {};
  }

  Result<management::ServerStatus> server_status() override {
    management::GetServerStatusResponse response;
    grpc::ClientContext context;
    MAGNETITE_RETURN_IF_ERROR(check(management_->GetServerStatus(&context, {}, &response)));
    return std::move(*response.mutable_server_status());
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> query(const std::string& database,
                                                          const std::string& sql) override {
    if (flight_ == nullptr) {
      const auto location = arrow::flight::Location::Parse((roots_ ? "grpc+tls://" : "grpc://") + address_);
      if (!location.ok()) return fail(ErrorCode::kInvalidInput, location.status().message());
      arrow::flight::FlightClientOptions options = arrow::flight::FlightClientOptions::Defaults();
      options.tls_root_certs = roots_.value_or("");
      auto connected = arrow::flight::FlightClient::Connect(*location, options);
      if (!connected.ok()) return fail(ErrorCode::kUnavailable, connected.status().message());
      flight_ = *std::move(connected);
    }
    const std::string ticket =
        fmt::format(R"({{"database":{},"sql_query":{}}})", glz::write_json(database).value_or("\"\""),
                    glz::write_json(sql).value_or("\"\""));
    arrow::flight::FlightCallOptions call;
    // What the transport hands over may lie anywhere; readers of int32 offsets must not.
    call.read_options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
    auto reader = flight_->DoGet(call, arrow::flight::Ticket{ticket});
    if (!reader.ok()) return flight_error(reader.status());
    auto batches = arrow::flight::MakeRecordBatchReader(*std::move(reader));
    if (!batches.ok()) return flight_error(batches.status());
    return *batches;
  }

 private:
  using Management = management::ManagementService::Stub;
  using Operations = longrunning::Operations::Stub;

  template <class Stub, class Request, class Response>
  Result<Response> call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                        const Request& request) const {
    Response response;
    grpc::ClientContext context;
    MAGNETITE_RETURN_IF_ERROR(check((stub.*method)(&context, request, &response)));
    return response;
  }

  template <class Request>
  static Request named(const ChunkName& chunk) {
    Request request;
    request.set_db_name(chunk.database);
    request.set_partition_key(chunk.partition_key);
    request.set_table_name(chunk.table);
    request.set_chunk_id(chunk.id);
    return request;
  }

  std::shared_ptr<grpc::ChannelCredentials> credentials() const {
    if (!roots_) return grpc::InsecureChannelCredentials();
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = *roots_;
    return grpc::SslCredentials(options);
  }

  Result<> check(const grpc::Status& status) const {
    if (status.ok()) return {};
    return std::unexpected(to_error(status, host_));
  }
  static std::unexpected<Error> flight_error(const arrow::Status& status) {
    return fail(ErrorCode::kInvalidInput,
                status.message().substr(0, status.message().find(". gRPC client debug context")));
  }

  const std::string host_;
  const std::string address_;
  const std::optional<std::string> roots_;
  std::unique_ptr<management::ManagementService::Stub> management_;
  std::unique_ptr<write_api::WriteService::Stub> write_;
  std::unique_ptr<longrunning::Operations::Stub> operations_;
  std::unique_ptr<arrow::flight::FlightClient> flight_;
};

}  // namespace

Result<std::unique_ptr<Client>> Client::make(const Endpoint& endpoint) {
  const std::string_view host = endpoint.host;
  const size_t scheme = host.find("://");
  if (!host.starts_with("http://") && !host.starts_with("https://"))
    return fail(ErrorCode::kInvalidInput,
                fmt::format("--host '{}' must be http://name:port or https://name:port", host));
  std::string address(host.substr(scheme + 3));
  while (address.ends_with('/')) address.pop_back();
  std::optional<std::string> roots;
  if (host.starts_with("https://")) roots.emplace();
  if (roots && !endpoint.ca_certificates.empty()) {
    std::ifstream file(endpoint.ca_certificates);
    roots->assign(std::istreambuf_iterator<char>(file), {});
    if (!file || roots->empty())
      return fail(ErrorCode::kInvalidInput, fmt::format("--ca-cert {}: cannot be read", endpoint.ca_certificates));
  }
  return std::make_unique<ClientImpl>(endpoint.host, std::move(address), std::move(roots));
}

}  // namespace magnetite::cli
