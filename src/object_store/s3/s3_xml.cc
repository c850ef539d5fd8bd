#include "object_store/s3/s3_xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <pugixml.hpp>
#include <sstream>

namespace magnetite::object_store::s3 {
namespace {

constexpr size_t kMessageBytesMax = 300;

bool parse(pugi::xml_document& document, std::span<const std::byte> body) {
  return static_cast<bool>(document.load_buffer(body.data(), body.size()));
}

// Others' text goes into one of our lines.
std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kMessageBytesMax));
  std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; }, ' ');
  return line;
}

std::unexpected<Error> no_answer(std::string_view what) {
  return fail(ErrorCode::kUnavailable, fmt::format("the answer is no {} of S3", what));
}

}  // namespace

std::optional<ErrorAnswer> parse_error(std::span<const std::byte> body) {
  pugi::xml_document document;
  if (!parse(document, body)) return std::nullopt;
  const pugi::xml_node error = document.child("Error");
  if (!error) return std::nullopt;
  return ErrorAnswer{one_line(error.child_value("Code")), one_line(error.child_value("Message")),
                     one_line(error.child_value("Region"))};
}

std::optional<WallTime> parse_time(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::chrono::sys_time<std::chrono::nanoseconds> time;
  if (!(in >> std::chrono::parse("%FT%TZ", time))) return std::nullopt;
  return WallTime{time.time_since_epoch().count()};
}

Result<ListAnswer> parse_listing(std::span<const std::byte> body) {
  pugi::xml_document document;
  const pugi::xml_node root = parse(document, body) ? document.child("ListBucketResult") : pugi::xml_node();
  if (!root) return no_answer("listing");
  ListAnswer answer;
  for (const pugi::xml_node each : root.children("Contents")) {
    const auto modified = parse_time(each.child_value("LastModified"));
    if (!modified) return no_answer("listing");
    answer.keys.push_back({each.child_value("Key"), each.child("Size").text().as_ullong(), *modified});
  }
  for (const pugi::xml_node each : root.children("CommonPrefixes"))
    answer.prefixes.emplace_back(each.child_value("Prefix"));
  if (root.child("IsTruncated").text().as_bool()) {
    answer.next_token = root.child_value("NextContinuationToken");
    if (answer.next_token.empty()) return no_answer("listing");  // taken for complete it would hide objects
  }
  return answer;
}

Result<std::string> parse_upload_id(std::span<const std::byte> body) {
  pugi::xml_document document;
  const bool is_xml = parse(document, body);
  std::string id = is_xml ? document.child("InitiateMultipartUploadResult").child_value("UploadId") : "";
  if (id.empty()) return no_answer("start of an upload");
  return id;
}

std::string complete_upload_body(const std::vector<std::string>& part_etags) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("CompleteMultipartUpload");
  root.append_attribute("xmlns") = "http://s3.amazonaws.com/doc/2006-03-01/";
  for (size_t i = 0; i < part_etags.size(); ++i) {
    pugi::xml_node part = root.append_child("Part");
    part.append_child("PartNumber").text() = static_cast<unsigned>(i + 1);
    part.append_child("ETag").text() = part_etags[i].c_str();
  }
  std::ostringstream out;
  document.save(out, "", pugi::format_raw);
  return out.str();
}

}  // namespace magnetite::object_store::s3
