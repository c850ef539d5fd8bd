#include "object_store/s3/s3_url.h"

#include <fmt/format.h>

#include <algorithm>

namespace magnetite::object_store::s3 {

std::string encode_url(std::string_view text, bool keeps_slash) {
  std::string url;
  for (const char c : text) {
    const bool is_unreserved = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                               c == '_' || c == '.' || c == '~';
    if (is_unreserved || (keeps_slash && c == '/'))
      url += c;
    else
      url += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return url;
}

std::string endpoint_of(const S3Settings& settings) {
  if (settings.endpoint.empty()) return fmt::format("https://s3.{}.amazonaws.com", settings.region);
  std::string endpoint = settings.endpoint;
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return endpoint;
}

std::string url_of(const S3Settings& settings, std::string_view key, Query query) {
  std::string url = endpoint_of(settings);
  if (settings.addressing == S3Addressing::kVirtualHost)
    url.insert(url.find("://") + 3, settings.bucket + ".");
  else
    url += "/" + settings.bucket;
  if (!key.empty() || settings.addressing == S3Addressing::kVirtualHost) url += "/" + encode_url(key, true);
  std::ranges::sort(query);
  char separator = '?';
  for (const auto& [name, value] : query) {
    url += fmt::format("{}{}={}", separator, encode_url(name, false), encode_url(value, false));
    separator = '&';
  }
  return url;
}

bool is_loopback(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view rest = url.substr(scheme + 3);
  const std::string_view host =
      rest.starts_with('[') ? rest.substr(0, rest.find(']') + 1) : rest.substr(0, rest.find_first_of(":/"));
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

}  // namespace magnetite::object_store::s3
