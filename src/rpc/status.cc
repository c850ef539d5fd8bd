#include "rpc/status.h"

#include <fmt/format.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/support/status.h>

#include "base/logging.h"

namespace magnetite::rpc {
namespace {

grpc::Status with_detail(grpc::StatusCode code, const std::string& message, const google::protobuf::Message& detail) {
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(message);
  status.add_details()->PackFrom(detail);
  return {code, message, status.SerializeAsString()};
}

grpc::Status field_violation(const Error& error, const Subject& subject) {
  // Validation names the field's path first: "rules.name: ...".
  std::string field(subject.field);
  std::string description = error.message();
  const std::string path = description.substr(0, description.find(": "));
  if (path.size() < description.size() && (path == field || path.starts_with(field + '.')) && !path.contains(' ')) {
    field = path;
    description.erase(0, path.size() + 2);
  }
  google::rpc::BadRequest detail;
  auto& violation = *detail.add_field_violations();
  violation.set_field(field);
  violation.set_description(description);
  return with_detail(grpc::INVALID_ARGUMENT, fmt::format("Violation for field \"{}\": {}", field, description), detail);
}

google::rpc::ResourceInfo resource(const Subject& subject) {
  google::rpc::ResourceInfo detail;
  detail.set_resource_type(std::string(subject.resource_type));
  detail.set_resource_name(std::string(subject.resource_name));
  return detail;
}

grpc::Status precondition(const Error& error, const Subject& subject) {
  google::rpc::PreconditionFailure detail;
  auto& violation = *detail.add_violations();
  violation.set_type(error.message().starts_with("Writer ID") ? "Writer ID" : std::string(subject.precondition_type));
  violation.set_subject("influxdata.com/iox");
  violation.set_description(error.message());
  return with_detail(
      grpc::FAILED_PRECONDITION,
      fmt::format("Precondition violation influxdata.com/iox - {}: {}", violation.type(), error.message()), detail);
}

grpc::Status quota_failure(const Error& error) {
  google::rpc::QuotaFailure detail;
  auto& violation = *detail.add_violations();
  violation.set_subject("influxdata.com/iox/buffer");
  violation.set_description(error.message());
  return with_detail(grpc::RESOURCE_EXHAUSTED, error.message(), detail);
}

}  // namespace

grpc::Status to_status(const Error& error, const Subject& subject) {
  switch (error.code()) {
    case ErrorCode::kInvalidInput:
      return field_violation(error, subject);
    case ErrorCode::kUnauthenticated:
      return {grpc::UNAUTHENTICATED, error.message()};
    case ErrorCode::kPermissionDenied:
      return {grpc::PERMISSION_DENIED, error.message()};
    case ErrorCode::kNotFound:
      return with_detail(grpc::NOT_FOUND,
                         fmt::format("Resource {}/{} not found", subject.resource_type, subject.resource_name),
                         resource(subject));
    case ErrorCode::kAlreadyExists:
      return with_detail(grpc::ALREADY_EXISTS,
                         fmt::format("Resource {}/{} already exists", subject.resource_type, subject.resource_name),
                         resource(subject));
    case ErrorCode::kFailedPrecondition:
      return precondition(error, subject);
    case ErrorCode::kResourceExhausted:
      return quota_failure(error);
    case ErrorCode::kLimitExceeded:
    case ErrorCode::kTooLarge:
      return {grpc::RESOURCE_EXHAUSTED, error.message()};
    case ErrorCode::kUnavailable:
    case ErrorCode::kUnclear:
    case ErrorCode::kShutdown:
      return {grpc::UNAVAILABLE, error.message()};
    case ErrorCode::kDeadlineExceeded:
      return {grpc::DEADLINE_EXCEEDED, error.message()};
    case ErrorCode::kCancelled:
      return {grpc::CANCELLED, error.message()};
    case ErrorCode::kCorruption:
    case ErrorCode::kInternal:
      break;
  }
  log::error("internal error", {{"error", error.message()}});
  return {grpc::INTERNAL, "Internal Error"};
}

}  // namespace magnetite::rpc
