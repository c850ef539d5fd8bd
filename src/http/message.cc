#include "http/message.h"

#include <curl/curl.h>

#include <algorithm>

namespace magnetite::http {
namespace {

std::string decode(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return percent_decoded(spaced);
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  int size = 0;
  char* decoded =
      text.empty() ? nullptr : curl_easy_unescape(nullptr, text.data(), static_cast<int>(text.size()), &size);
  if (decoded == nullptr) return std::string(text);
  std::string out(decoded, static_cast<size_t>(size));
  curl_free(decoded);
  return out;
}

Parameters Parameters::parse(std::string_view text) {
  constexpr size_t kPairsMax = 1'000;  // a body of '&' must not become millions of strings
  Parameters parameters;
  while (!text.empty() && parameters.pairs_.size() < kPairsMax) {
    const size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    const size_t equals = pair.find('=');
    if (!pair.empty())
      parameters.pairs_.emplace_back(decode(pair.substr(0, equals)), equals == std::string_view::npos
                                                                         ? std::string()
                                                                         : decode(pair.substr(equals + 1)));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parameters;
}

std::optional<std::string_view> Parameters::find(std::string_view name) const {
  const auto found = std::ranges::find(pairs_, name, [](const auto& pair) { return std::string_view(pair.first); });
  if (found == pairs_.end()) return std::nullopt;
  return found->second;
}

Response text_answer(int status, std::string body, std::string_view content_type) {
  Response response;
  response.status = status;
  response.content_type = content_type;
  response.body = std::move(body);
  return response;
}

}  // namespace magnetite::http
