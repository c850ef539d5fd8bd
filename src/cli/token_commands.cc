#include "cli/token_commands.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <glaze/json.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command.h"

namespace magnetite::cli {

// Not in the unnamed namespace: glaze finds the names of members through the linkage of their type.
struct NewTokenJson {
  std::string token;
};
struct RefusalJson {
  std::string error;
};

namespace {

constexpr glz::opts kLenient{.error_on_unknown_keys = false};
constexpr std::string_view kTokens = "/api/v3/configure/token";

// Values of all commands here; they live as long as the commands.
struct Arguments {
  std::shared_ptr<const Globals> globals;
  std::string name;
  bool admin = false;
  std::vector<std::string> reads;
  std::vector<std::string> writes;
  std::optional<uint64_t> expiry_seconds;
};

struct Answer {
  int64_t status = 0;
  std::string body;
};

struct CurlFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(char* text) const { curl_free(text); }
};
template <class T>
using Curl = std::unique_ptr<T, CurlFree>;

size_t append(char* bytes, size_t size, size_t count, void* body) {
  static_cast<std::string*>(body)->append(bytes, size * count);
  return size * count;
}

Result<Answer> ask(const Endpoint& endpoint, const char* method, const std::string& target,
                   const std::string& body = {}) {
  const Curl<CURL> handle(curl_easy_init());
  if (handle == nullptr) return fail(ErrorCode::kInternal, "libcurl cannot be used");
  const std::string url = endpoint.host.substr(0, endpoint.host.find_last_not_of('/') + 1) + target;
  Curl<curl_slist> headers;
  const auto add_header = [&](const std::string& header) {
    headers.reset(curl_slist_append(headers.release(), header.c_str()));
  };
  if (!body.empty()) add_header("Content-Type: application/json");
  if (!endpoint.token.empty()) add_header("Authorization: Bearer " + endpoint.token);
  Answer answer;
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(handle.get(), option, value); };
  constexpr long kConnectMillis = 10'000;
  constexpr long kTotalMillis = 60'000;
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_CUSTOMREQUEST, method);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_NOPROXY, "*");  // as the other commands do
  set(CURLOPT_CONNECTTIMEOUT_MS, kConnectMillis);
  set(CURLOPT_TIMEOUT_MS, kTotalMillis);
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_WRITEFUNCTION, append);
  set(CURLOPT_WRITEDATA, &answer.body);
  if (!endpoint.ca_certificates.empty()) set(CURLOPT_CAINFO, endpoint.ca_certificates.c_str());
  if (std::string_view(method) == "POST") {
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    set(CURLOPT_POSTFIELDS, body.c_str());
  }
  if (const CURLcode code = curl_easy_perform(handle.get()); code != CURLE_OK)
    return fail(ErrorCode::kUnavailable,
                fmt::format("Error connecting to {}: {} (is the server running? --host names it)", endpoint.host,
                            curl_easy_strerror(code)));
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  answer.status = status;
  return answer;
}

// The body, or what the server said against it.
Result<std::string> asked(const Endpoint& endpoint, const char* method, const std::string& target,
                          const std::string& body = {}) {
  MAGNETITE_TRY(Answer answer, ask(endpoint, method, target, body));
  if (answer.status >= 200 && answer.status < 300) return std::move(answer.body);
  RefusalJson refusal;
  if (glz::read<kLenient>(refusal, answer.body) || refusal.error.empty()) refusal.error = std::move(answer.body);
  constexpr int kUnauthenticated = 401;
  if (answer.status == kUnauthenticated) refusal.error += ": --token or MAGNETITE_TOKEN gives a token";
  return fail(ErrorCode::kInvalidInput, refusal.error);
}

std::string quoted_json(const std::string& text) { return glz::write_json(text).value_or("\"\""); }

std::string wish_json(const Arguments& given) {
  std::map<std::string, std::pair<bool, bool>> databases;  // reads, writes
  for (const std::string& name : given.reads) databases[name].first = true;
  for (const std::string& name : given.writes) databases[name].second = true;
  std::string permissions;
  for (const auto& [name, may] : databases)
    permissions +=
        fmt::format(R"({}{{"database":{},"actions":[{}{}{}]}})", permissions.empty() ? "" : ",", quoted_json(name),
                    may.first ? R"("read")" : "", may.first && may.second ? "," : "", may.second ? R"("write")" : "");
  std::string json = fmt::format(R"({{"name":{})", quoted_json(given.name));
  if (!given.admin) json += fmt::format(R"(,"permissions":[{}])", permissions);
  if (given.expiry_seconds) json += fmt::format(R"(,"expiry_secs":{})", *given.expiry_seconds);
  return json + "}";
}

// An admin without a name is the first one.
Result<Output> create(const Arguments& given) {
  if (given.admin && !(given.reads.empty() && given.writes.empty()))
    return fail(ErrorCode::kInvalidInput, "an admin token may do everything: --read and --write add nothing");
  if (!given.admin && given.reads.empty() && given.writes.empty())
    return fail(ErrorCode::kInvalidInput, "say what the token may do: --read DB, --write DB (* for all), or --admin");
  const bool is_first = given.admin && given.name.empty();
  if (is_first && given.expiry_seconds)
    return fail(ErrorCode::kInvalidInput, "the first admin token does not expire: --name makes another one");
  if (!given.admin && given.name.empty()) return fail(ErrorCode::kInvalidInput, "--name is missing");
  const std::string target = std::string(kTokens) + (is_first ? "/admin" : given.admin ? "/named_admin" : "");
  MAGNETITE_TRY(const std::string body,
                asked(given.globals->endpoint, "POST", target, is_first ? "" : wish_json(given)));
  NewTokenJson made;
  if (glz::read<kLenient>(made, body)) return fail(ErrorCode::kInternal, "the server's answer holds no token");
  fmt::print(stderr, "This is the only time that the token is shown:\n");
  return Output{.text = made.token, .json = quoted_json(made.token)};
}

Result<Output> list(const Arguments& given) {
  MAGNETITE_TRY(const std::string body, asked(given.globals->endpoint, "GET", std::string(kTokens)));
  return json_output(glz::prettify_json(body));
}

Result<Output> remove(const Arguments& given) {
  const Curl<char> name(curl_easy_escape(nullptr, given.name.data(), static_cast<int>(given.name.size())));
  MAGNETITE_TRY(const std::string none,
                asked(given.globals->endpoint, "DELETE", fmt::format("{}?token_name={}", kTokens, name.get())));
  return ok();
}

}  // namespace

void add_token_option(CLI::App& app, Endpoint& endpoint) {
  if (const char* theirs = std::getenv("INFLUX_TOKEN")) endpoint.token = theirs;  // what other clients read
  app.add_option("--token", endpoint.token,
                 "Token to send; others on this machine can read flags, not the environment (also INFLUX_TOKEN)")
      ->envname("MAGNETITE_TOKEN");
}

void add_token_commands(CLI::App& app, const Stage& stage) {
  const auto arguments = std::make_shared<Arguments>();
  arguments->globals = stage.globals;
  CLI::App& group = add_group(app, "token", "Makes, lists and deletes tokens");
  const auto runs = [&](CLI::App& command, Result<Output> (*body)(const Arguments&)) {
    run_printing(command, stage, [arguments, body]() -> Result<> {
      MAGNETITE_TRY(const Output output, body(*arguments));
      fmt::print("{}\n", arguments->globals->format == "json" ? output.json : output.text);
      return {};
    });
  };
  CLI::App& make = add_command(group, "create", "Makes a token and prints it, once",
                               {"magnetite token create --name telegraf --write telegraf",
                                "magnetite token create --name grafana --read '*' --expiry 90d"});
  make.add_flag(
      "--admin", arguments->admin,
      "It may do everything; without --name it is the server's first, for which none is needed on its machine");
  make.add_option("--name", arguments->name, "By which it is listed and deleted");
  make.add_option("--read", arguments->reads, "A database that it may read, * for all; may be repeated")
      ->allow_extra_args(false);
  make.add_option("--write", arguments->writes, "A database that it may write, * for all; may be repeated")
      ->allow_extra_args(false);
  make.add_option("--expiry", arguments->expiry_seconds, "How long it is valid: 3600, 90s, 30min, 12h, 30d")
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, uint64_t>{{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86'400}, {"w", 604'800}}));
  runs(make, create);
  runs(add_command(group, "list", "Lists the tokens, without their texts", {"magnetite token list"}), list);
  CLI::App& gone =
      add_command(group, "delete", "Deletes a token: from then on it is none", {"magnetite token delete telegraf"});
  gone.add_option("name", arguments->name, "Its name")->required();
  runs(gone, remove);
}

}  // namespace magnetite::cli
