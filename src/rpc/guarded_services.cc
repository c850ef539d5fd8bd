#include "rpc/guarded_services.h"

#include <fmt/format.h>
#include <grpcpp/server_context.h>

#include <algorithm>

#include "rpc/status.h"

namespace magnetite::rpc {
namespace {

using access::Need;
using grpc::ServerContext;
using grpc::Status;

std::string_view authorization_of(const ServerContext& context) {
  const auto found = context.client_metadata().find("authorization");
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

// Who calls, or why they may not. gRPC knows one code for both a missing and a malformed token.
Result<access::Caller> admit(access::Gatekeeper& gatekeeper, const ServerContext& context, const Need& need) {
  auto caller = gatekeeper.identify({authorization_of(context)});
  if (!caller) return fail(ErrorCode::kUnauthenticated, caller.error().message());
  MAGNETITE_RETURN_IF_ERROR(access::authorize(**caller, need));
  return caller;
}

// `call` takes the caller, for those whose answer depends on it, or nothing.
template <class Call>
Status pass(access::Gatekeeper& gatekeeper, const ServerContext& context, const Need& need, Call call) {
  const auto caller = admit(gatekeeper, context, need);
  if (!caller) return to_status(caller.error(), {});
  return call(**caller);
}

// A call of `inner_` that takes `request` of type `Asked` and answers with `Answered`.
#define MAGNETITE_GUARDED(Name, Asked, Answered, need)                                          \
  Status Name(ServerContext* context, const Asked* request, Answered* response) override {      \
    static_cast<void>(request);                                                                 \
    return pass(gatekeeper_, *context, need,                                                    \
                [&](const access::Grant&) { return inner_.Name(context, request, response); }); \
  }
#define MAGNETITE_GUARDED_MANAGEMENT(Name, need) \
  MAGNETITE_GUARDED(Name, management::Name##Request, management::Name##Response, need)

class GuardedManagement final : public management::ManagementService::Service {
 public:
  GuardedManagement(access::Gatekeeper& gatekeeper, ManagementService& inner)
      : gatekeeper_(gatekeeper), inner_(inner) {}

  MAGNETITE_GUARDED_MANAGEMENT(GetServerId, Need::identity())
  MAGNETITE_GUARDED_MANAGEMENT(UpdateServerId, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(SetServingReadiness, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(GetDatabase, Need::read(request->name()))
  MAGNETITE_GUARDED_MANAGEMENT(CreateDatabase, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(UpdateDatabase, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(ListChunks, Need::read(request->db_name()))
  MAGNETITE_GUARDED_MANAGEMENT(ListPartitions, Need::read(request->db_name()))
  MAGNETITE_GUARDED_MANAGEMENT(GetPartition, Need::read(request->db_name()))
  MAGNETITE_GUARDED_MANAGEMENT(ListPartitionChunks, Need::read(request->db_name()))
  MAGNETITE_GUARDED_MANAGEMENT(NewPartitionChunk, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(ClosePartitionChunk, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(UnloadPartitionChunk, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(ListRemotes, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(UpdateRemote, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(DeleteRemote, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(CreateDummyJob, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(WipePreservedCatalog, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(DeleteDatabase, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(RestoreDatabase, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(ListDeletedDatabases, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(PersistPartition, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(CompactPartition, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(DropPartition, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(RebuildCatalog, Need::admin())
  MAGNETITE_GUARDED_MANAGEMENT(VerifyCatalog, Need::admin())

  // Of databases, those that the caller may read are named.
  Status ListDatabases(ServerContext* context, const management::ListDatabasesRequest* request,
                       management::ListDatabasesResponse* response) override {
    return pass(gatekeeper_, *context, Need::identity(), [&](const access::Grant& grant) {
      Status status = inner_.ListDatabases(context, request, response);
      auto& names = *response->mutable_names();
      names.erase(std::remove_if(names.begin(), names.end(),
                                 [&](const std::string& name) { return !access::may_read(grant, name); }),
                  names.end());
      return status;
    });
  }
  Status GetServerStatus(ServerContext* context, const management::GetServerStatusRequest* request,
                         management::GetServerStatusResponse* response) override {
    return pass(gatekeeper_, *context, Need::identity(), [&](const access::Grant& grant) {
      Status status = inner_.GetServerStatus(context, request, response);
      auto& databases = *response->mutable_server_status()->mutable_database_statuses();
      databases.erase(std::remove_if(databases.begin(), databases.end(),
                                     [&](const management::DatabaseStatus& database) {
                                       return !access::may_read(grant, database.db_name());
                                     }),
                      databases.end());
      return status;
    });
  }

 private:
  access::Gatekeeper& gatekeeper_;
  ManagementService& inner_;
};

namespace longrunning = google::longrunning;

// Jobs are of all databases.
class GuardedOperations final : public longrunning::Operations::Service {
 public:
  GuardedOperations(access::Gatekeeper& gatekeeper, OperationsService& inner)
      : gatekeeper_(gatekeeper), inner_(inner) {}

  MAGNETITE_GUARDED(ListOperations, longrunning::ListOperationsRequest, longrunning::ListOperationsResponse,
                    Need::admin())
  MAGNETITE_GUARDED(GetOperation, longrunning::GetOperationRequest, longrunning::Operation, Need::admin())
  MAGNETITE_GUARDED(CancelOperation, longrunning::CancelOperationRequest, google::protobuf::Empty, Need::admin())
  MAGNETITE_GUARDED(WaitOperation, longrunning::WaitOperationRequest, longrunning::Operation, Need::admin())

 private:
  access::Gatekeeper& gatekeeper_;
  OperationsService& inner_;
};

class GuardedWrite final : public write::WriteService::Service {
 public:
  GuardedWrite(access::Gatekeeper& gatekeeper, WriteService& inner) : gatekeeper_(gatekeeper), inner_(inner) {}

  MAGNETITE_GUARDED(Write, write::WriteRequest, write::WriteResponse, Need::write(request->db_name()))
  MAGNETITE_GUARDED(WriteEntry, write::WriteEntryRequest, write::WriteEntryResponse, Need::write(request->db_name()))

 private:
  access::Gatekeeper& gatekeeper_;
  WriteService& inner_;
};

class GuardedColumnWrite final : public column_write::WriteService::Service {
 public:
  GuardedColumnWrite(access::Gatekeeper& gatekeeper, ColumnWriteService& inner)
      : gatekeeper_(gatekeeper), inner_(inner) {}

  MAGNETITE_GUARDED(Write, column_write::WriteRequest, column_write::WriteResponse,
                    Need::write(request->database_batch().database_name()))

 private:
  access::Gatekeeper& gatekeeper_;
  ColumnWriteService& inner_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>> guarded(const Services& services) {
  access::Gatekeeper& gatekeeper = services.gatekeeper;
  std::vector<std::unique_ptr<grpc::Service>> made;
  made.push_back(std::make_unique<GuardedManagement>(gatekeeper, services.management));
  made.push_back(std::make_unique<GuardedOperations>(gatekeeper, services.operations));
  made.push_back(std::make_unique<GuardedWrite>(gatekeeper, services.write));
  made.push_back(std::make_unique<GuardedColumnWrite>(gatekeeper, services.column_write));
  return made;
}

}  // namespace magnetite::rpc
