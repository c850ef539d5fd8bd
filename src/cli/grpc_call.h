// One unary call of a service: every stub and every context of the command line is made here or in query_stream.cc.
#pragma once

#include <grpcpp/grpcpp.h>

#include "cli/client.h"

namespace magnetite::cli {

// call<ManagementService>(client, &ManagementService::Stub::GetDatabase, request)
template <class Service, class Request, class Response>
Result<Response> call(const Client& client,
                      grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request) {
  const auto stub = Service::NewStub(client.channel());
  grpc::ClientContext context;
  Response response;
  MAGNETITE_RETURN_IF_ERROR(client.check((stub.get()->*method)(&context, request, &response)));
  return response;
}

}  // namespace magnetite::cli
