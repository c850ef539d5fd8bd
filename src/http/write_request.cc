#include "http/write_request.h"

#include <fmt/format.h>

#include "http/body_codec.h"

namespace magnetite::http {
namespace {

Result<bool> parse_flag(const Parameters& parameters, std::string_view name, bool otherwise) {
  const auto value = parameters.find(name);
  if (!value || value->empty()) return otherwise;
  if (*value == "true") return true;
  if (*value == "false") return false;
  return fail(ErrorCode::kInvalidInput, fmt::format("parameter {} must be true or false, not '{}'", name, *value));
}

std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (plain)
      out += c;
    else
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

Result<WriteRequest> parse_write_request(const Request& head, Api api) {
  const Parameters& parameters = head.parameters;
  WriteRequest out;
  const std::string_view name_parameter = api == Api::kV2 ? "bucket" : "db";
  out.database = parameters.get(name_parameter);
  if (out.database.empty())
    return fail(ErrorCode::kInvalidInput, fmt::format("parameter {} is missing", name_parameter));
  if (api == Api::kV1) {
    const std::string_view policy = parameters.get("rp");
    if (!policy.empty() && policy != "autogen" && policy != "default") out.database += fmt::format("/{}", policy);
  }
  if (api == Api::kV2) out.organisation = parameters.get("org");
  if (api == Api::kV3) {
    out.precision = line_protocol::Precision::kAuto;
    MAGNETITE_TRY(out.accept_partial, parse_flag(parameters, "accept_partial", true));
    MAGNETITE_RETURN_IF_ERROR(parse_flag(parameters, "no_sync", false));  // every answer waits for the log
  }
  const std::string_view precision = parameters.get("precision");
  if (!precision.empty()) {
    MAGNETITE_TRY(out.precision, line_protocol::parse_precision(precision));
  }
  MAGNETITE_RETURN_IF_ERROR(check_encoding(head.content_encoding));
  return out;
}

std::string mapped_name(std::string_view organisation, std::string_view bucket) {
  return fmt::format("{}_{}", encoded(organisation), encoded(bucket));
}

}  // namespace magnetite::http
