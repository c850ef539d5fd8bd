#include "rpc/flight_guard.h"

#include <arrow/flight/server.h>
#include <arrow/flight/server_auth.h>
#include <arrow/flight/server_middleware.h>

#include "base/check.h"

namespace magnetite::rpc {
namespace {

using arrow::Status;
using arrow::flight::FlightMethod;
using arrow::flight::FlightStatusCode;
using arrow::flight::MakeFlightError;

constexpr const char* kName = "magnetite-access";
constexpr size_t kHandshakesMax = 16;  // payloads of one client that are sent back

// What a method needs before its own code looks further. Those of the first kind ask caller_of() what it may read.
access::Need need_of(FlightMethod method) {
  switch (method) {
    case FlightMethod::DoGet:
    case FlightMethod::Handshake:
      return access::Need::identity();
    default:
      return access::Need::admin();
  }
}

access::Credentials credentials_of(const arrow::flight::CallHeaders& headers) {
  const auto found = headers.find("authorization");
  return {found == headers.end() ? std::string_view() : found->second};
}

class CallerMiddleware final : public arrow::flight::ServerMiddleware {
 public:
  CallerMiddleware(access::Caller caller, std::string answered)
      : caller_(std::move(caller)), answered_(std::move(answered)) {}
  std::string name() const override { return kName; }
  void SendingHeaders(arrow::flight::AddCallHeaders* headers) override {
    if (!answered_.empty()) headers->AddHeader("authorization", answered_);
  }
  void CallCompleted(const Status&) override {}
  const access::Caller& caller() const { return caller_; }

 private:
  const access::Caller caller_;
  const std::string answered_;  // header `authorization` of the answer; empty = none
};

class CallerFactory final : public arrow::flight::ServerMiddlewareFactory {
 public:
  explicit CallerFactory(access::Gatekeeper& gatekeeper) : gatekeeper_(gatekeeper) {}
  Status StartCall(const arrow::flight::CallInfo& call, const arrow::flight::ServerCallContext& context,
                   std::shared_ptr<arrow::flight::ServerMiddleware>* middleware) override {
    const access::Credentials sent = credentials_of(context.incoming_headers());
    auto caller = gatekeeper_.identify(sent);
    if (!caller) return MakeFlightError(FlightStatusCode::Unauthenticated, caller.error().message());
    if (const auto allowed = access::authorize(**caller, need_of(call.method)); !allowed)
      return MakeFlightError(FlightStatusCode::Unauthorized, allowed.error().message());
    // A client that shakes hands with user and token goes on with what it is given here.
    std::string answered;
    if (call.method == FlightMethod::Handshake)
      if (const auto token = access::token_of(sent); token && !token->empty()) answered = "Bearer " + *token;
    *middleware = std::make_shared<CallerMiddleware>(*std::move(caller), std::move(answered));
    return Status::OK();
  }

 private:
  access::Gatekeeper& gatekeeper_;
};

// Only for Handshake, which Flight answers where there is such a handler: the middleware has decided by then.
class Handshake final : public arrow::flight::ServerAuthHandler {
 public:
  Status Authenticate(const arrow::flight::ServerCallContext&, arrow::flight::ServerAuthSender* outgoing,
                      arrow::flight::ServerAuthReader* incoming) override {
    std::string payload;
    for (size_t i = 0; i < kHandshakesMax && incoming->Read(&payload).ok(); ++i) {
      if (Status sent = outgoing->Write(payload); !sent.ok()) return sent;
    }
    return Status::OK();
  }
  Status IsValid(const arrow::flight::ServerCallContext&, const std::string&, std::string*) override {
    return Status::OK();
  }
};

}  // namespace

void guard(arrow::flight::FlightServerOptions& options, access::Gatekeeper& gatekeeper) {
  options.middleware.emplace_back(kName, std::make_shared<CallerFactory>(gatekeeper));
  options.auth_handler = std::make_shared<Handshake>();
}

access::Caller caller_of(const arrow::flight::ServerCallContext& context) {
  auto* middleware = context.GetMiddleware(kName);
  MAGNETITE_CHECK(middleware != nullptr);
  return static_cast<CallerMiddleware*>(middleware)->caller();
}

}  // namespace magnetite::rpc
