// URLs of a bucket and its objects. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "object_store/s3/s3_settings.h"

namespace magnetite::object_store::s3 {

using Query = std::vector<std::pair<std::string, std::string>>;

// Keeps what RFC 3986 calls unreserved, and '/' on demand.
std::string encode_url(std::string_view text, bool keeps_slash);

// `key` empty: the bucket itself. The query is sorted by name, as signatures want it.
std::string url_of(const S3Settings& settings, std::string_view key, Query query);

// "https://s3.eu-west-1.amazonaws.com", or the given endpoint without '/' at its end.
std::string endpoint_of(const S3Settings& settings);

// A host that no proxy leads to: this machine.
bool is_loopback(std::string_view url);

}  // namespace magnetite::object_store::s3
