// Every endpoint as different callers meet it.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <glaze/json.hpp>

#include "base/logging.h"
#include "base/sim/sim_disk.h"
#include "http/service.h"
#include "http/testing/fakes.h"

namespace magnetite::http {

// Not in the unnamed namespace: glaze finds the names of members through the linkage of their type.
struct MadeTokenJson {
  uint64_t id = 0;
  std::string name;
  std::string token;
  std::string hash;
  std::string created_at;
  std::optional<std::string> expiry;
};

namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kTokens = "/api/v3/configure/token";

class ServiceAccessTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { log::configure({.level = log::Level::kError, .format = {}, .to_stderr = false}); }
  ServiceAccessTest() {
    server.add_database("mine");
    server.add_database("other");
  }

  static std::unique_ptr<access::TokenStore> open_store(Disk& disk) {
    EXPECT_TRUE(disk.create_directories("data"));
    return access::TokenStore::open(disk, system_clock(), "data").value();
  }
  std::string token(std::string name, access::Grant grant) {
    return store->create({std::move(name), std::move(grant)}).value().text;
  }

  Response ask(std::string method, std::string_view target, std::string authorization = {}, std::string body = {}) {
    Request request;
    request.method = std::move(method);
    const size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string_view::npos) request.parameters = Parameters::parse(target.substr(question + 1));
    request.authorization = std::move(authorization);
    request.body = std::move(body);
    request.content_type = content_type;
    request.is_local = is_local;
    return service.handle(std::move(request));
  }
  int status(std::string method, std::string_view target, std::string authorization) {
    return ask(std::move(method), target, std::move(authorization), "m v=1i").status;
  }

  sim::SimDisk disk;
  std::unique_ptr<access::TokenStore> store = open_store(disk);
  access::Gatekeeper gatekeeper{system_clock(), *store, std::nullopt};
  FakeServer server;
  FakeEngine engine;
  HttpOptions options;
  Service service{server, engine, gatekeeper, options, system_clock()};
  std::string content_type;
  bool is_local = false;
  const std::string reader = "Bearer " + token("reader", {.permissions = {{.database = "mine", .read = true}}});
  const std::string writer = "Bearer " + token("writer", {.permissions = {{.database = "mine", .write = true}}});
  const std::string admin = "Bearer " + token("admin", {.admin = true, .permissions = {}});
};

TEST_F(ServiceAccessTest, EachEndpointAsksForWhatItNeeds) {
  struct Case {
    const char* method;
    const char* target;
    int nobody, reader_of_mine, writer_of_mine, an_admin;
  };
  const Case cases[] = {
      {"POST", "/api/v3/write_lp?db=mine", 401, 403, 204, 204},
      {"POST", "/api/v3/write_lp?db=other", 401, 403, 403, 204},
      {"POST", "/api/v3/write_lp?db=new", 401, 403, 403, 204},
      {"POST", "/api/v2/write?bucket=mine", 401, 403, 204, 204},
      {"POST", "/api/v2/write?bucket=other&org=o", 401, 403, 403, 204},
      {"POST", "/write?db=mine", 401, 403, 204, 204},
      {"POST", "/write?db=mine&rp=week", 401, 403, 403, 204},
      {"POST", "/write?db=other", 401, 403, 403, 204},
      {"GET", "/api/v3/query_sql?db=mine&q=x", 401, 200, 403, 200},
      {"GET", "/api/v3/query_sql?db=other&q=x", 401, 403, 403, 200},
      {"GET", "/query?q=SHOW+DATABASES", 401, 200, 200, 200},
      {"GET", "/metrics", 401, 200, 200, 200},
      {"GET", "/api/v1/status", 401, 200, 200, 200},
      {"GET", "/health", 200, 200, 200, 200},
      {"GET", "/api/v1/health", 200, 200, 200, 200},
      {"GET", "/ping", 200, 200, 200, 200},
      {"OPTIONS", "/write", 204, 204, 204, 204},
      {"GET", "/nowhere", 404, 404, 404, 404},
      {"GET", "/api/v3/configure/token", 401, 403, 403, 200},
      {"POST", "/api/v3/configure/token", 401, 403, 403, 415},
      {"DELETE", "/api/v3/configure/token", 401, 403, 403, 400},
      {"POST", "/api/v3/configure/token/admin", 401, 403, 403, 409},
      {"POST", "/api/v3/configure/token/admin/regenerate", 401, 403, 403, 404},
      {"POST", "/api/v3/configure/token/named_admin", 401, 403, 403, 415},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(status(each.method, each.target, ""), each.nobody) << each.target;
    EXPECT_EQ(status(each.method, each.target, reader), each.reader_of_mine) << each.target;
    EXPECT_EQ(status(each.method, each.target, writer), each.writer_of_mine) << each.target;
    EXPECT_EQ(status(each.method, each.target, admin), each.an_admin) << each.target;
  }
}

TEST_F(ServiceAccessTest, RefusalsHaveTheWordsOfEachApi) {
  const Response v3 = ask("POST", "/api/v3/write_lp?db=mine");
  EXPECT_EQ(v3.body, R"({"error":"the request was not authenticated"})");
  EXPECT_THAT(v3.headers, testing::Contains(testing::Key("WWW-Authenticate")));
  EXPECT_EQ(ask("POST", "/write?db=mine", "Bearer wrong").body, v3.body);
  EXPECT_THAT(ask("POST", "/api/v2/write?bucket=mine").body, HasSubstr(R"("code":"unauthorized")"));
  const Response denied = ask("POST", "/api/v2/write?bucket=mine", reader);
  EXPECT_THAT(denied.body, AllOf(HasSubstr(R"("code":"forbidden")"), HasSubstr("may not write database 'mine'")));
  const Response malformed = ask("POST", "/api/v3/write_lp?db=mine", "Bearer");
  EXPECT_EQ(malformed.status, 400);
  EXPECT_TRUE(server.writes().empty());
}

TEST_F(ServiceAccessTest, TheOldApiTakesTheTokenAsAPasswordToo) {
  const std::string password = writer.substr(7);
  EXPECT_EQ(status("POST", "/write?db=mine&u=me&p=" + password, ""), 204);
  EXPECT_EQ(status("POST", "/query?q=SHOW+DATABASES&p=" + password, ""), 200);
  EXPECT_EQ(status("POST", "/write?db=mine&p=wrong", ""), 401);
  EXPECT_EQ(status("POST", "/api/v2/write?bucket=mine&p=" + password, ""), 401);
  EXPECT_EQ(status("POST", "/api/v3/write_lp?db=mine&p=" + password, ""), 401);
  EXPECT_EQ(status("GET", "/metrics?p=" + password, ""), 401);
}

TEST_F(ServiceAccessTest, OnlyWhatMayBeReadIsListed) {
  const std::string target = "/query?q=SHOW+DATABASES";
  EXPECT_THAT(ask("GET", target, reader).body, AllOf(HasSubstr("mine"), Not(HasSubstr("other"))));
  EXPECT_THAT(ask("GET", target, writer).body, Not(HasSubstr("mine")));
  EXPECT_THAT(ask("GET", target, admin).body, AllOf(HasSubstr("mine"), HasSubstr("other")));
  EXPECT_THAT(ask("GET", "/api/v1/status", reader).body, AllOf(HasSubstr("mine"), Not(HasSubstr("other"))));
  EXPECT_THAT(ask("GET", "/api/v1/status", admin).body, HasSubstr("other"));
}

TEST_F(ServiceAccessTest, AStatementSeesOnlyWhatItsCallerMayRead) {
  ask("GET", "/api/v3/query_sql?db=mine&q=x", reader);
  ask("GET", "/api/v3/query_sql?db=mine&q=x", admin);
  const auto statements = engine.statements();
  ASSERT_EQ(statements.size(), 2u);
  EXPECT_TRUE(statements[0].may_read("mine"));
  EXPECT_FALSE(statements[0].may_read("other"));
  EXPECT_FALSE(statements[1].may_read) << "an admin's sees everything";
}

TEST_F(ServiceAccessTest, ADatabaseIsCreatedByWhoMayWriteIt) {
  const std::string create = "/query?q=CREATE+DATABASE+";
  EXPECT_THAT(ask("POST", create + "mine", writer).body, Not(HasSubstr("error")));
  EXPECT_THAT(ask("POST", create + "new", writer).body, HasSubstr("may not write database 'new'"));
  EXPECT_THAT(ask("POST", create + "mine", reader).body, HasSubstr("may not write"));
  EXPECT_FALSE(server.rules("new"));
}

TEST_F(ServiceAccessTest, FailuresAreCounted) {
  ask("GET", "/metrics");
  ask("GET", "/metrics", "Bearer");
  EXPECT_THAT(ask("GET", "/metrics", admin).body, HasSubstr("\nmagnetite_authentication_failures_total 2"));
}

// --- tokens

class FirstAdminTest : public ServiceAccessTest {
 protected:
  FirstAdminTest() {
    for (const char* name : {"reader", "writer", "admin"}) EXPECT_TRUE(store->remove(name));
  }
};

TEST_F(FirstAdminTest, IsMadeOnceWithoutATokenByWhoIsOnThisMachine) {
  EXPECT_EQ(ask("POST", "/api/v3/configure/token/admin").status, 401);
  is_local = true;
  EXPECT_EQ(ask("POST", "/api/v3/configure/token/admin", "Bearer wrong").status, 401);
  const Response made = ask("POST", "/api/v3/configure/token/admin");
  ASSERT_EQ(made.status, 201) << made.body;
  MadeTokenJson json;
  ASSERT_FALSE(glz::read_json(json, made.body)) << made.body;
  EXPECT_EQ(json.name, "_admin");
  EXPECT_EQ(json.hash, access::hex(access::hash_of(json.token)));
  EXPECT_TRUE(json.created_at.ends_with('Z'));
  EXPECT_FALSE(json.expiry);
  EXPECT_THAT(made.headers, testing::Contains(testing::Pair("Cache-Control", "no-store")));
  EXPECT_EQ(ask("POST", "/api/v3/configure/token/admin").status, 409);
  EXPECT_EQ(ask("GET", kTokens, "Bearer " + json.token).status, 200);
}

TEST_F(FirstAdminTest, IsNotMadeWhereTheOperatorGaveOne) {
  access::Gatekeeper with_operator(system_clock(), *store, access::hash_of("the operator's own token"));
  Service guarded(server, engine, with_operator, options, system_clock());
  Request request;
  request.method = "POST";
  request.path = "/api/v3/configure/token/admin";
  request.is_local = true;
  EXPECT_EQ(guarded.handle(std::move(request)).status, 409);
}

TEST_F(ServiceAccessTest, AnAdminMakesListsAndDeletesTokens) {
  content_type = "application/json";
  const Response made = ask("POST", kTokens, admin,
                            R"({"name":"both","permissions":[{"database":"mine","actions":["read","write"]},)"
                            R"({"database":"*","actions":["read"]}],"expiry_secs":3600})");
  ASSERT_EQ(made.status, 201) << made.body;
  MadeTokenJson json;
  ASSERT_FALSE(glz::read_json(json, made.body)) << made.body;
  EXPECT_TRUE(json.expiry);
  const std::string both = "Token " + json.token;
  EXPECT_EQ(status("POST", "/api/v3/write_lp?db=mine", both), 204);
  EXPECT_EQ(status("POST", "/api/v3/write_lp?db=other", both), 403);
  EXPECT_EQ(status("GET", "/api/v3/query_sql?db=other&q=x", both), 200);
  const Response listed = ask("GET", kTokens, admin);
  EXPECT_THAT(listed.body,
              HasSubstr(R"("name":"both","admin":false,"permissions":[{"database":"mine","actions":["read","write"]},)"
                        R"({"database":"*","actions":["read"]}])"));
  EXPECT_THAT(listed.body, Not(HasSubstr(json.token.substr(6, 10))));
  EXPECT_THAT(listed.body, Not(HasSubstr(json.hash)));
  EXPECT_EQ(ask("DELETE", fmt::format("{}?token_name=both", kTokens), admin).status, 200);
  EXPECT_EQ(ask("DELETE", fmt::format("{}?token_name=both", kTokens), admin).status, 404);
  EXPECT_EQ(status("POST", "/api/v3/write_lp?db=mine", both), 401);
}

TEST_F(ServiceAccessTest, AdminsAreMadeByAdmins) {
  content_type = "application/json";
  const Response made = ask("POST", fmt::format("{}/named_admin", kTokens), admin, R"({"token_name":"second"})");
  ASSERT_EQ(made.status, 201) << made.body;
  MadeTokenJson json;
  ASSERT_FALSE(glz::read_json(json, made.body));
  EXPECT_EQ(ask("GET", kTokens, "Bearer " + json.token).status, 200);
  EXPECT_EQ(ask("POST", fmt::format("{}/named_admin", kTokens), admin, R"({"token_name":"second"})").status, 409);
}

TEST_F(ServiceAccessTest, WrongWishesAreRefusedAndNotQuoted) {
  content_type = "application/json";
  for (const char* body :
       {"", "secret", "[]", "{}", R"({"name":"x"})", R"({"name":"x","permissions":[]})",
        R"({"permissions":[{"database":"d","actions":["read"]}]})", R"({"name":"x","permissions":"secret"})",
        R"({"name":"x","permissions":[{"database":"d","actions":["secret"]}]})",
        R"({"name":"x","permissions":[{"database":"d","actions":[]}]})",
        R"({"name":"x","permissions":[{"database":"","actions":["read"]}]})",
        R"({"name":"x","permissions":[{"database":"d","actions":["read"]}],"expiry_secs":0})",
        R"({"name":"x","permissions":[{"database":"d","actions":["read"]}],"expiry_secs":9223372036854775807})",
        R"({"name":"_admin","permissions":[{"database":"d","actions":["read"]}]})"}) {
    const Response refused = ask("POST", kTokens, admin, body);
    EXPECT_EQ(refused.status, 400) << body << refused.body;
    EXPECT_THAT(refused.body, Not(HasSubstr("secret"))) << body;
  }
  EXPECT_EQ(store->list().size(), 3u);
}

TEST_F(ServiceAccessTest, WithoutAuthenticationTokensHaveNoMeaning) {
  access::Gatekeeper open(system_clock());
  Service unguarded(server, engine, open, options, system_clock());
  for (const char* path : {"/api/v3/configure/token", "/api/v3/configure/token/admin",
                           "/api/v3/configure/token/admin/regenerate", "/api/v3/configure/token/named_admin"}) {
    Request request;
    request.method = "POST";
    request.path = path;
    const Response refused = unguarded.handle(std::move(request));
    EXPECT_EQ(refused.status, 405) << path;
    EXPECT_EQ(refused.body, "endpoint disabled, started without auth") << path;
  }
  for (const char* sent : {"", "Bearer anything", "nonsense"}) {
    Request request;
    request.method = "POST";
    request.path = "/write";
    request.parameters = Parameters::parse("db=mine");
    request.authorization = sent;
    request.body = "m v=1i";
    EXPECT_EQ(unguarded.handle(std::move(request)).status, 204) << sent;
  }
}

}  // namespace
}  // namespace magnetite::http
