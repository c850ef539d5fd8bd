#include <fmt/format.h>

#include <glaze/json.hpp>
#include <optional>

#include "access/token_store.h"
#include "http/service.h"
#include "http/status.h"
#include "result_format/time_text.h"

namespace magnetite::http {

// Not in the unnamed namespace: glaze finds the names of members through the linkage of their type.
struct PermissionJson {
  std::string database;
  std::vector<std::string> actions;
};
struct TokenWishJson {
  std::optional<std::string> name;
  std::optional<std::string> token_name;  // the same
  std::optional<std::vector<PermissionJson>> permissions;
  std::optional<int64_t> expiry_secs;
};

namespace {

std::string time_json(std::optional<WallTime> time) {
  if (!time) return "null";
  constexpr int64_t kNanosPerSecond = 1'000'000'000;
  std::array<char, result_format::TimeText::kBytesMax> text;
  result_format::TimeText writer;
  const char* end = writer.write(result_format::split_time(time->nanos, kNanosPerSecond), text.data());
  return fmt::format("\"{}Z\"", std::string_view(text.data(), end));
}

std::string permissions_json(const access::Grant& grant) {
  std::string json;
  for (const access::Permission& each : grant.permissions)
    json +=
        fmt::format(R"({}{{"database":{},"actions":[{}{}{}]}})", json.empty() ? "" : ",", json_text(each.database),
                    each.read ? R"("read")" : "", each.read && each.write ? "," : "", each.write ? R"("write")" : "");
  return json;
}

Response list(const access::TokenStore& store) {
  std::string json;
  for (const access::Token& each : store.list())
    json += fmt::format(R"({}{{"id":{},"name":{},"admin":{},"permissions":[{}],"created_at":{},"expiry":{}}})",
                        json.empty() ? "" : ",", each.id, json_text(each.name), each.grant->admin,
                        permissions_json(*each.grant), time_json(each.created), time_json(each.expiry));
  return text_answer(200, fmt::format("[{}]", json), "application/json");
}

// The one answer that holds a token: no cache may keep it.
Response made_answer(const Result<access::NewToken>& made) {
  if (!made) {
    const bool exists = made.error().code() == ErrorCode::kAlreadyExists;
    return exists ? error_answer(made.error(), Api::kV3, 409) : error_answer(made.error(), Api::kV3);
  }
  const access::Token& token = made->token;
  Response response =
      text_answer(201,
                  fmt::format(R"({{"id":{},"name":{},"token":{},"hash":"{}","created_at":{},"expiry":{}}})", token.id,
                              json_text(token.name), json_text(made->text), access::hex(token.hash),
                              time_json(token.created), time_json(token.expiry)),
                  "application/json");
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Result<access::Grant> grant_of(const std::vector<PermissionJson>& permissions) {
  access::Grant grant;
  for (const PermissionJson& each : permissions) {
    access::Permission& permission = grant.permissions.emplace_back();
    permission.database = each.database;
    for (const std::string& action : each.actions) {
      if (action != "read" && action != "write")
        return fail(ErrorCode::kInvalidInput, "actions of a permission are \"read\" and \"write\"");
      (action == "read" ? permission.read : permission.write) = true;
    }
  }
  return grant;
}

// Nothing of a body that cannot be read is quoted.
Result<access::TokenWish> parse_wish(const std::string& body, bool admin) {
  TokenWishJson json;
  if (glz::read<glz::opts{.error_on_unknown_keys = false}>(json, body))
    return fail(ErrorCode::kInvalidInput, "the body is no JSON object with name, permissions and expiry_secs");
  access::TokenWish wish;
  wish.name = json.name ? *json.name : json.token_name.value_or("");
  if (json.expiry_secs) wish.lifetime = std::chrono::seconds(*json.expiry_secs);
  if (admin) {
    if (json.permissions) return fail(ErrorCode::kInvalidInput, "an admin token takes no permissions");
    wish.grant.admin = true;
    return wish;
  }
  MAGNETITE_TRY(wish.grant, grant_of(json.permissions.value_or(std::vector<PermissionJson>())));
  return wish;
}

Response create(access::TokenStore& store, const Request& request, bool admin) {
  if (request.content_type != "application/json")
    return text_answer(415, "the body must be JSON, with Content-Type: application/json");
  auto wish = parse_wish(request.body, admin);
  return wish ? made_answer(store.create(*std::move(wish))) : error_answer(wish.error(), Api::kV3);
}

// Without a token, the first admin is made once, for somebody on this machine.
Response create_first_admin(access::Gatekeeper& gatekeeper, const Request& request) {
  if (!request.is_local || !request.authorization.empty()) {
    const auto caller = gatekeeper.identify({request.authorization});
    if (!caller) return error_answer(caller.error(), Api::kV3);
    if (auto allowed = access::authorize(**caller, access::Need::admin()); !allowed)
      return error_answer(allowed.error(), Api::kV3);
  }
  if (gatekeeper.has_admin())
    return error_answer(Error(ErrorCode::kAlreadyExists, "there is an admin token already"), Api::kV3);
  return made_answer(gatekeeper.tokens().create_first_admin());
}

Response remove(access::TokenStore& store, const Request& request) {
  const auto name = request.parameters.find("token_name");
  if (!name) return error_answer(Error(ErrorCode::kInvalidInput, "parameter token_name is missing"), Api::kV3);
  if (auto removed = store.remove(*name); !removed) return error_answer(removed.error(), Api::kV3);
  return text_answer(200, "");
}

}  // namespace

Response Service::tokens(Request& request) {
  if (!gatekeeper_.asks_for_tokens()) return text_answer(405, "endpoint disabled, started without auth");
  access::TokenStore& store = gatekeeper_.tokens();
  constexpr std::string_view kPrefix = "/api/v3/configure/token";
  const std::string_view what = std::string_view(request.path).substr(kPrefix.size());
  if (what == "/admin") return create_first_admin(gatekeeper_, request);
  if (what == "/admin/regenerate") return made_answer(store.regenerate_first_admin());
  if (what == "/named_admin") return create(store, request, true);
  if (request.method == "GET") return list(store);
  if (request.method == "DELETE") return remove(store, request);
  return create(store, request, false);
}

}  // namespace magnetite::http
