#include "http/message.h"

#include <curl/curl.h>

namespace magnetite::http {
namespace {

std::string decode(std::string_view text) {
  std::string spaced(text);
  for (char& c : spaced)
    if (c == '+') c = ' ';
  int size = 0;
  char* decoded = curl_easy_unescape(nullptr, spaced.data(), static_cast<int>(spaced.size()), &size);
  if (decoded == nullptr) return spaced;
  std::string out(decoded, static_cast<size_t>(size));
  curl_free(decoded);
  return out;
}

}  // namespace

Parameters Parameters::parse(std::string_view text) {
  Parameters parameters;
  while (!text.empty()) {
    const size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    const size_t equals = pair.find('=');
    if (!pair.empty())
      parameters.add(decode(pair.substr(0, equals)),
                     equals == std::string_view::npos ? std::string() : decode(pair.substr(equals + 1)));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parameters;
}

std::optional<std::string_view> Parameters::find(std::string_view name) const {
  for (const auto& [key, value] : pairs_)
    if (key == name) return value;
  return std::nullopt;
}

}  // namespace magnetite::http
