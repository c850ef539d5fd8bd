#include "object_store/object_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ranges>

namespace magnetite::object_store {
namespace {

constexpr std::string_view kEmptyPart = "%";

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
}

std::string encode_part(std::string_view part) { return part.empty() ? std::string(kEmptyPart) : encode_prefix(part); }

std::unexpected<Error> no_path(std::string_view text) {
  return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is no object path", text));
}

Result<std::string> decode_part(std::string_view text) {
  std::string part;
  if (text == kEmptyPart) return part;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      part += text[i];
      continue;
    }
    uint8_t byte = 0;
    const char* first = text.data() + i + 1;
    if (i + 2 >= text.size() || std::from_chars(first, first + 2, byte, 16).ptr != first + 2) return no_path(text);
    part += static_cast<char>(byte);
    i += 2;
  }
  return part;
}

}  // namespace

// "." and ".." would be folders' own names; a leading dot hides files: the first dot of a part is encoded.
std::string encode_prefix(std::string_view prefix) {
  std::string text;
  for (size_t i = 0; i < prefix.size(); ++i) {
    if (is_plain(prefix[i]) && !(i == 0 && prefix[i] == '.'))
      text += prefix[i];
    else
      text += fmt::format("%{:02X}", static_cast<unsigned char>(prefix[i]));
  }
  return text;
}

ObjectPath ObjectPath::operator/(std::string_view part) const {
  ObjectPath path = *this;
  path.parts_.emplace_back(part);
  return path;
}

std::string ObjectPath::text() const {
  std::string text;
  for (const std::string& part : parts_) {
    if (!text.empty()) text += '/';
    text += encode_part(part);
  }
  return text;
}

bool ObjectPath::is_below(const ObjectPath& folder) const {
  return parts_.size() >= folder.parts_.size() &&
         std::ranges::equal(folder.parts_, parts_ | std::views::take(folder.parts_.size()));
}

Result<ObjectPath> ObjectPath::parse(std::string_view text) {
  ObjectPath path;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t slash = rest.find('/');
    MAGNETITE_TRY(std::string part, decode_part(rest.substr(0, slash)));
    path.parts_.push_back(std::move(part));
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (path.text() != text) return no_path(text);  // two texts for one path would be two objects for one path
  return path;
}

Result<> check_object_path(const ObjectPath& path) {
  if (path.parts().empty()) return fail(ErrorCode::kInvalidInput, "an object needs a name");
  if (path.text().size() > kPathTextBytesMax)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("the name of an object has more than {} bytes: {:.80}...", kPathTextBytesMax, path.text()));
  for (const std::string& part : path.parts())
    if (encode_part(part).size() > kPartTextBytesMax)
      return fail(ErrorCode::kInvalidInput, fmt::format("a part of an object's name has more than {} bytes: {:.80}...",
                                                        kPartTextBytesMax, encode_part(part)));
  return {};
}

}  // namespace magnetite::object_store
