// The services as clients reach them: each call is here with what it needs, and passes on once that is given. One that
// is not in guarded_services.cc is UNIMPLEMENTED, so none is ever open by mistake. Heavy header: for .cc files of this
// folder.
#pragma once

#include <memory>
#include <vector>

#include "access/gatekeeper.h"
#include "rpc/management_service.h"
#include "rpc/operations_service.h"
#include "rpc/write_service.h"

namespace grpc {
class Service;
}

namespace magnetite::rpc {

// All of them outlive what is returned.
struct Services {
  access::Gatekeeper& gatekeeper;
  ManagementService& management;
  OperationsService& operations;
  WriteService& write;
  ColumnWriteService& column_write;
};

std::vector<std::unique_ptr<grpc::Service>> guarded(const Services& services);

}  // namespace magnetite::rpc
