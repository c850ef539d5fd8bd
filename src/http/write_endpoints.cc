#include "http/body_codec.h"
#include "http/service.h"
#include "http/status.h"
#include "http/v1_statements.h"
#include "http/write_request.h"
#include "server/server.h"

namespace magnetite::http {

Response Service::write(Request& request) {
  const Api api = api_of(request.path);
  auto asked = parse_write_request(request, api);
  if (!asked) return error_answer(asked.error(), api);
  std::string name = std::move(asked->database);
  if (!asked->organisation.empty()) {
    std::string mapped = mapped_name(asked->organisation, name);
    if (server_.rules(mapped)) name = std::move(mapped);  // made by or for the 2021 server
  }
  if (auto allowed = access::authorize(*request.caller, access::Need::write(name)); !allowed)
    return error_answer(allowed.error(), api);
  database::WriteInput input;
  input.precision = asked->precision;
  input.accept_partial = asked->accept_partial;
  auto body =
      decode_body(std::move(request.body), request.content_encoding, options_.body_bytes_max, request.body_lease);
  if (!body) return error_answer(body.error(), api);
  input.body = *std::move(body);

  auto written = server_.write(name, std::move(input));
  if (!written) return error_answer(written.error(), api);
  Response response = write_answer(*written, api, asked->accept_partial);
  response.database = std::move(name);
  return response;
}

Response Service::v1_query(Request& request) {
  std::string text(request.parameters.get("q"));
  if (text.empty()) {
    auto body = decode_body(std::move(request.body), request.content_encoding, body_bytes_max(request.path),
                            request.body_lease);
    if (!body) return error_answer(body.error(), Api::kV1);
    if (request.content_type == "application/vnd.influxql")
      text = *std::move(body);
    else
      text = Parameters::parse(*body).get("q");
  }
  if (text.empty()) return error_answer(Error(ErrorCode::kInvalidInput, "missing required parameter \"q\""), Api::kV1);
  return text_answer(200, run_v1_statements(text, server_, *request.caller), "application/json");
}

}  // namespace magnetite::http
