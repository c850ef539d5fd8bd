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
// in a backslash, something above `key_bytes_max`, invalid UTF-8, an unescaped blank, NUL in the measurement. The
// message names the tag.
Result<SeriesName> split_series(std::string_view raw, size_t key_bytes_max);

// One text for each name: tags by key, escapes where the format needs them and for `,` and `=` in tags. split_series()
// gives the same name back, and so does a line that starts with it.
std::string canonical_text(const SeriesName& name);

}  // namespace magnetite::line_protocol
