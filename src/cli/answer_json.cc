#include "cli/answer_json.h"

#include <fmt/format.h>
#include <influxdata/iox/management/v1/service.pb.h>

#include <algorithm>
#include <charconv>
#include <glaze/json.hpp>
#include <vector>

#include "cli/text_table.h"
#include "cli/time_text.h"

namespace magnetite::cli {
// Not anonymous: reflection needs names that other units could see.
namespace answer_json_parts {

struct Indented : glz::opts {
  uint8_t indentation_width = 2;
};
constexpr Indented kEveryField{{.skip_null_members = false, .prettify = true}};

template <class Json>
std::string text_of(const Json& json) {
  return glz::write<kEveryField>(json).value_or("null");
}

struct DeletedJson {
  std::string name;
  std::string uuid;
  std::optional<std::string> deleted_at;
  std::optional<std::string> purge_at;
};
struct DeleteAnswerJson {
  std::string uuid;
  std::optional<std::string> purge_at;
};
struct RemoteJson {
  uint32_t id = 0;
  std::string connection_string;
};
struct WrittenJson {
  uint64_t lines = 0;
};

std::optional<std::string> time_of(bool is_set, const google::protobuf::Timestamp& time) {
  if (!is_set) return std::nullopt;
  return time_text(time.seconds(), time.nanos());
}

DeletedJson json_of(const management::DeletedDatabase& database) {
  return {database.db_name(), uuid_text(database.uuid()), time_of(database.has_deleted_at(), database.deleted_at()),
          time_of(database.has_purge_at(), database.purge_at())};
}

}  // namespace answer_json_parts

using namespace answer_json_parts;

namespace {
constexpr size_t kUuidBytes = 16;
constexpr size_t kUuidTextBytes = 36;
bool has_dash_before(size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }
}  // namespace

std::string uuid_text(const std::string& bytes) {
  if (bytes.size() != kUuidBytes) return {};
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (has_dash_before(i)) text += '-';
    text += fmt::format("{:02x}", static_cast<unsigned char>(bytes[i]));
  }
  return text;
}

std::string uuid_bytes(const std::string& text) {
  if (text.size() != kUuidTextBytes) return {};
  std::string bytes;
  size_t at = 0;
  while (bytes.size() < kUuidBytes) {
    if (has_dash_before(bytes.size()) && text[at++] != '-') return {};
    unsigned char byte = 0;
    const char* const digits = text.data() + at;
    const auto [end, error] = std::from_chars(digits, digits + 2, byte, 16);
    if (error != std::errc() || end != digits + 2) return {};
    bytes += static_cast<char>(byte);
    at += 2;
  }
  return bytes;
}

std::string deleted_json(std::span<const management::DeletedDatabase> databases) {
  std::vector<DeletedJson> all;
  for (const auto& database : databases) all.push_back(json_of(database));
  return text_of(all);
}

std::string deleted_text(std::span<const management::DeletedDatabase> databases) {
  if (databases.empty()) return "no deleted databases are kept";
  std::vector<std::vector<std::string>> rows = {{"Name", "UUID", "Deleted", "Purged at"}};
  for (const auto& database : databases) {
    const DeletedJson shown = json_of(database);
    rows.push_back({shown.name, shown.uuid, shown.deleted_at.value_or(""), shown.purge_at.value_or("")});
  }
  return text_table(rows);
}

std::string delete_answer_json(const management::DeleteDatabaseResponse& answer) {
  return text_of(DeleteAnswerJson{uuid_text(answer.uuid()), time_of(answer.has_purge_at(), answer.purge_at())});
}

std::string delete_answer_text(const std::string& name, const management::DeleteDatabaseResponse& answer) {
  const auto purged = time_of(answer.has_purge_at(), answer.purge_at());
  if (!purged) return fmt::format("Deleted {}", name);
  return fmt::format("Deleted {}; until {} `magnetite database restore {} --uuid {}` brings it back", name, *purged,
                     name, uuid_text(answer.uuid()));
}

std::string remotes_json(std::span<const management::Remote> remotes) {
  std::vector<RemoteJson> all;
  for (const auto& remote : remotes) all.push_back({remote.id(), remote.connection_string()});
  return text_of(all);
}

std::string remotes_text(std::span<const management::Remote> remotes) {
  if (remotes.empty()) return "no remotes configured";
  std::vector<std::vector<std::string>> rows = {{"ID", "Connection string"}};
  for (const auto& remote : remotes) rows.push_back({std::to_string(remote.id()), remote.connection_string()});
  return text_table(rows);
}

std::string written_json(uint64_t lines) { return text_of(WrittenJson{lines}); }

}  // namespace magnetite::cli
