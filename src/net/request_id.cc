#include "net/request_id.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <cstdint>

namespace magnetite::net {
namespace {

bool is_harmless(std::string_view text) {
  constexpr std::string_view kOthers = "-_.:/+=@";
  return !text.empty() && text.size() <= kRequestIdBytesMax && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kOthers.contains(c);
  });
}

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// "00-<32 digits: trace>-<16 digits: span>-<2 digits: flags>" (W3C Trace Context); later versions append more.
std::string_view trace_of(std::string_view parent) {
  constexpr size_t kBegin = 3, kDigits = 32;
  if (parent.size() < kBegin + kDigits + 1 || parent[2] != '-' || parent[kBegin + kDigits] != '-') return {};
  const std::string_view trace = parent.substr(kBegin, kDigits);
  return is_hex(trace) && std::ranges::any_of(trace, [](char c) { return c != '0'; }) ? trace : std::string_view();
}

}  // namespace

std::optional<std::string> given_request_id(const HeaderOf& header_of) {
  for (const std::string_view candidate : {header_of("x-request-id"), header_of("request-id"),
                                           trace_of(header_of("traceparent")), header_of("x-b3-traceid")})
    if (is_harmless(candidate)) return std::string(candidate);
  return std::nullopt;
}

std::string request_id(const HeaderOf& header_of) {
  if (auto given = given_request_id(header_of)) return *std::move(given);
  uint64_t number = 0;
  while (::getrandom(&number, sizeof number, 0) != sizeof number) {  // interrupted
  }
  return fmt::format("{:016x}", number);
}

}  // namespace magnetite::net
