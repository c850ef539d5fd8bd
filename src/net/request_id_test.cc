#include "net/request_id.h"

#include <gtest/gtest.h>

#include <map>

namespace magnetite::net {
namespace {

using Headers = std::map<std::string, std::string, std::less<>>;

HeaderOf of(const Headers& headers) {
  return [&headers](std::string_view name) {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
  };
}

TEST(RequestId, TheFirstHarmlessNameCounts) {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const std::string parent = "00-" + trace + "-00f067aa0ba902b7-01";
  const struct {
    Headers headers;
    std::optional<std::string> id;
  } cases[] = {
      {{}, std::nullopt},
      {{{"x-request-id", "a-b_c.d:e/f+g=@9"}, {"request-id", "other"}}, "a-b_c.d:e/f+g=@9"},
      {{{"request-id", "other"}, {"traceparent", parent}}, "other"},
      {{{"traceparent", parent}, {"x-b3-traceid", "80f198ee56343ba8"}}, trace},
      {{{"x-b3-traceid", "80f198ee56343ba8"}}, "80f198ee56343ba8"},
      {{{"x-request-id", "a b"}}, std::nullopt},
      {{{"x-request-id", "a\nb"}, {"request-id", "fine"}}, "fine"},
      {{{"x-request-id", "\"quoted\""}}, std::nullopt},
      {{{"x-request-id", "umlaut\xc3\xa4"}}, std::nullopt},
      {{{"x-request-id", std::string(kRequestIdBytesMax, 'x')}}, std::string(kRequestIdBytesMax, 'x')},
      {{{"x-request-id", std::string(kRequestIdBytesMax + 1, 'x')}}, std::nullopt},
      {{{"traceparent", "00-" + std::string(32, '0') + "-00f067aa0ba902b7-01"}}, std::nullopt},
      {{{"traceparent", "00-" + std::string(32, 'G') + "-00f067aa0ba902b7-01"}}, std::nullopt},
      {{{"traceparent", "00-" + trace}}, std::nullopt},
      {{{"traceparent", trace}}, std::nullopt},
  };
  for (const auto& [headers, id] : cases) EXPECT_EQ(given_request_id(of(headers)), id) << headers.size();
}

TEST(RequestId, IsRandomOtherwise) {
  const Headers none;
  const std::string first = request_id(of(none));
  EXPECT_EQ(first.size(), 16U);
  EXPECT_NE(first, request_id(of(none)));
}

}  // namespace
}  // namespace magnetite::net
