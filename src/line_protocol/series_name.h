// `measurement,tagset` split into its parts: done once for each distinct spelling, not for each line.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace magnetite::line_protocol {

struct Tag {
  std::string key;
  std::string value;
  auto operator<=>(const Tag&) const = default;
};

struct SeriesName {
  std::string measurement;
  std::vector<Tag> tags;  // by key (bytes), no duplicates, no empty key or value
};

// kInvalidInput: empty measurement, key or value, a tag without '=', a duplicate tag, `time` as a tag, a token ending
// in a backslash, something above `key_bytes_max`, invalid UTF-8. The message names the tag.
Result<SeriesName> split_series(std::string_view raw, size_t key_bytes_max);

// The shortest spelling of it: tags by key, escaped where needed. split_series() gives the same name back.
std::string canonical_text(const SeriesName& name);

}  // namespace magnetite::line_protocol
