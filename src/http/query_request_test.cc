#include "http/query_request.h"

#include <gtest/gtest.h>

namespace magnetite::http {
namespace {

using query::sql::ParameterValue;
using result_format::Format;

Request get_request(std::string_view query_string, std::string accept = {}) {
  Request request;
  request.method = "GET";
  request.parameters = Parameters::parse(query_string);
  request.accept = std::move(accept);
  return request;
}

Request post_request(std::string body, std::string content_type = "application/json") {
  Request request;
  request.method = "POST";
  request.content_type = std::move(content_type);
  request.body = std::move(body);
  return request;
}

Format format_for(std::string accept) {
  return parse_query_request(get_request("db=d&q=x", std::move(accept))).value().format;
}

TEST(QueryRequest, ComesFromAQueryString) {
  const QueryRequest asked = parse_query_request(get_request("db=d&q=select+1&format=CSV&colour=green")).value();
  EXPECT_EQ(asked.database, "d");
  EXPECT_EQ(asked.sql, "select 1");
  EXPECT_EQ(asked.format, Format::kCsv);
}

TEST(QueryRequest, ComesFromAJsonBodyWhichWins) {
  Request request = post_request(R"({"db":"d","q":"select \"é\"","format":"jsonl","unknown":[1]})");
  request.parameters = Parameters::parse("db=other&q=other");
  const QueryRequest asked = parse_query_request(request).value();
  EXPECT_EQ(asked.database, "d");
  EXPECT_EQ(asked.sql, "select \"é\"");
  EXPECT_EQ(asked.format, Format::kJsonLines);
}

TEST(QueryRequest, ComesFromAFormUnlessItIsJsonThatCurlCallsAForm) {
  constexpr auto kForm = "application/x-www-form-urlencoded";
  EXPECT_EQ(parse_query_request(post_request("db=d&q=select+1", kForm)).value().sql, "select 1");
  EXPECT_EQ(parse_query_request(post_request(R"({"db":"d","q":"select 1"})", kForm)).value().sql, "select 1");
}

TEST(QueryRequest, ParametersKeepTheirTypes) {
  const QueryRequest asked =
      parse_query_request(post_request(R"({"db":"d","q":"x","params":{"a":1,"b":-2,"c":2.5,"d":"t","e":true,"f":null,)"
                                       R"("g":9223372036854775807,"h":18446744073709551615}})"))
          .value();
  const std::vector<std::pair<std::string, ParameterValue>> expected = {
      {"a", int64_t{1}}, {"b", int64_t{-2}},      {"c", 2.5},       {"d", std::string("t")},
      {"e", true},       {"f", ParameterValue()}, {"g", INT64_MAX}, {"h", UINT64_MAX}};
  EXPECT_EQ(std::map(asked.parameters.begin(), asked.parameters.end()), std::map(expected.begin(), expected.end()));
  EXPECT_EQ(parse_query_request(get_request("db=d&q=x&params=%7B%22a%22%3A1%7D")).value().parameters.size(), 1);
}

TEST(QueryRequest, WhatIsWrongIsNamed) {
  const auto error_of = [](const Request& request) {
    const auto parsed = parse_query_request(request);
    EXPECT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalidInput);
    return parsed.error().message();
  };
  EXPECT_EQ(error_of(get_request("q=x")), "parameter db is missing");
  EXPECT_EQ(error_of(get_request("db=d")), "parameter q is missing");
  EXPECT_TRUE(error_of(get_request("db=d&q=x&format=orc")).contains("unknown format 'orc'"));
  EXPECT_TRUE(error_of(get_request("db=d&q=x", "image/png")).contains("image/png"));
  EXPECT_EQ(error_of(get_request("db=d&q=x&params=nonsense")), "params is no JSON object");
  EXPECT_EQ(error_of(get_request("db=d&q=x&params=[1]")), "params must be a JSON object");
  EXPECT_TRUE(error_of(post_request("select 1")).contains("the body is no JSON object"));
  EXPECT_TRUE(error_of(post_request(R"({"db":1,"q":"x"})")).contains("the body is no JSON object"));
  EXPECT_TRUE(error_of(post_request(R"({"db":"d","q":"x","params":{"a":[1]}})")).contains("parameter 'a'"));
  EXPECT_TRUE(error_of(post_request(std::string(100'000, '['))).contains("the body is no JSON object"));
  std::string deep = R"({"db":"d","q":"x","params":{"a":)" + std::string(100'000, '[');
  EXPECT_TRUE(error_of(post_request(deep)).contains("the body is no JSON object"));
}

TEST(QueryRequest, AcceptDecidesWithoutAFormat) {
  EXPECT_EQ(format_for(""), Format::kJson);
  EXPECT_EQ(format_for("*/*"), Format::kJson);
  EXPECT_EQ(format_for("application/jsonl"), Format::kJsonLines);
  EXPECT_EQ(format_for("text/csv;q=0.9, application/json"), Format::kCsv);
  EXPECT_EQ(format_for("image/png, text/plain; charset=utf-8"), Format::kPretty);
  EXPECT_EQ(format_for("text/html,application/xhtml+xml"), Format::kJson);
  EXPECT_EQ(format_for("application/vnd.apache.parquet"), Format::kParquet);
}

TEST(QueryRequest, ThePathOf2021NamesTheDatabase) {
  EXPECT_EQ(database_of_path("/iox/api/v1/databases/db/query"), "db");
  EXPECT_EQ(database_of_path("/iox/api/v1/databases/my%255Forg_b%20c/query"), "my%5Forg_b c");
  for (const char* other :
       {"/iox/api/v1/databases//query", "/iox/api/v1/databases/query", "/iox/api/v1/databases/a/b/query",
        "/iox/api/v1/databases/db/queries", "/api/v3/query_sql", "/iox/api/v1/databases/db"})
    EXPECT_EQ(database_of_path(other), std::nullopt) << other;
  Request request = get_request("q=SELECT+1");
  request.path = "/iox/api/v1/databases/db/query";
  const auto parsed = parse_query_request(request);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->database, "db");
  EXPECT_EQ(parsed->format, Format::kPretty);
}

}  // namespace
}  // namespace magnetite::http
