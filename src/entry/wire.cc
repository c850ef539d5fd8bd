#include "entry/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace magnetite::entry {
namespace {

constexpr std::string_view kVersion = "1";

// One after another `id type bytes(table) bytes(column) table column`, numbers in decimal, each part ended by a space.
// Lengths come before the names, so names may hold anything.
std::string encode_declarations(const std::vector<Declaration>& declarations) {
  std::string text;
  for (const Declaration& each : declarations)
    text += fmt::format("{} {} {} {} {} {} ", each.id.value, to_string(each.type), each.table.size(),
                        each.column.size(), each.table, each.column);
  return text;
}

class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }

  bool word(std::string_view& out) {
    const size_t space = rest_.find(' ');
    if (space == std::string_view::npos) return false;
    out = rest_.substr(0, space);
    rest_.remove_prefix(space + 1);
    return true;
  }
  template <class Number>
  bool number(Number& out) {
    std::string_view text;
    if (!word(text)) return false;
    const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    return code == std::errc() && stop == text.data() + text.size();
  }
  bool bytes(size_t size, std::string& out) {
    if (rest_.size() < size || rest_.size() - size < 1 || rest_[size] != ' ') return false;
    out = rest_.substr(0, size);
    rest_.remove_prefix(size + 1);
    return true;
  }

 private:
  std::string_view rest_;
};

bool parse_type(std::string_view word, model::ColumnType& type) {
  for (const auto each : {model::ColumnType::kTag, model::ColumnType::kFloat, model::ColumnType::kInteger,
                          model::ColumnType::kUnsigned, model::ColumnType::kString, model::ColumnType::kBoolean}) {
    if (to_string(each) != word) continue;
    type = each;
    return true;
  }
  return false;
}

Result<std::vector<Declaration>> decode_declarations(std::string_view text) {
  std::vector<Declaration> declarations;
  Cursor cursor(text);
  while (!cursor.done()) {
    Declaration each;
    std::string_view type;
    size_t table_bytes = 0;
    size_t column_bytes = 0;
    if (!cursor.number(each.id.value) || !cursor.word(type) || !parse_type(type, each.type) ||
        !cursor.number(table_bytes) || !cursor.number(column_bytes) || !cursor.bytes(table_bytes, each.table) ||
        !cursor.bytes(column_bytes, each.column) || each.id.value == 0 || each.table.empty() || each.column.empty())
      return fail(ErrorCode::kCorruption, "the entry's declarations cannot be read");
    declarations.push_back(std::move(each));
  }
  return declarations;
}

}  // namespace

HeaderList encode(const EntryHeaders& headers) {
  HeaderList list;
  list.emplace_back("content-type", kContentType);
  list.emplace_back("magnetite-version", kVersion);
  list.emplace_back("database", headers.database);
  list.emplace_back("database-uuid", headers.database_uuid.text());
  list.emplace_back("writer", headers.writer.text());
  if (!headers.declarations.empty()) list.emplace_back("declarations", encode_declarations(headers.declarations));
  return list;
}

Result<EntryHeaders> decode(const HeaderList& list) {
  EntryHeaders headers;
  bool has_version = false;
  bool has_database = false;
  bool has_writer = false;
  const auto uuid = [](std::string_view text) -> Result<model::Uuid> {
    auto parsed = model::Uuid::parse(text);
    if (!parsed) return fail(ErrorCode::kCorruption, parsed.error().message());
    return parsed;
  };
  for (const auto& [key, value] : list) {
    if (key == "content-type") {
      if (value != kContentType)
        return fail(ErrorCode::kCorruption, fmt::format("content type '{}' is not an entry's", value));
    } else if (key == "magnetite-version") {
      if (value != kVersion) return fail(ErrorCode::kCorruption, fmt::format("entry version '{}' is unknown", value));
      has_version = true;
    } else if (key == "database") {
      headers.database = value;
    } else if (key == "database-uuid") {
      MAGNETITE_TRY(headers.database_uuid, uuid(value));
      has_database = true;
    } else if (key == "writer") {
      MAGNETITE_TRY(headers.writer, uuid(value));
      has_writer = true;
    } else if (key == "declarations") {
      MAGNETITE_TRY(headers.declarations, decode_declarations(value));
    }
  }
  for (const auto& [has, name] : {std::pair(has_version, "magnetite-version"), std::pair(has_database, "database-uuid"),
                                  std::pair(has_writer, "writer")})
    if (!has) return fail(ErrorCode::kCorruption, fmt::format("the record has no {} header", name));
  return headers;
}

Result<line_protocol::Precision> precision_of(const HeaderList& list) {
  const auto found = std::ranges::find(list, "content-type", &HeaderList::value_type::first);
  if (found == list.end()) return line_protocol::Precision::kNanoseconds;
  std::string_view rest = found->second;
  const std::string_view type = rest.substr(0, rest.find(';'));
  const auto refuse = [&] {
    return fail(ErrorCode::kCorruption, fmt::format("content type '{}' is not line protocol", found->second));
  };
  if (type != kContentType.substr(0, kContentType.find(';')) && type != "text/plain") return refuse();
  line_protocol::Precision precision = line_protocol::Precision::kNanoseconds;
  while (rest.contains(';')) {
    rest.remove_prefix(rest.find(';') + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const std::string_view parameter = rest.substr(0, rest.find(';'));
    constexpr std::string_view kPrecision = "precision=";
    if (!parameter.starts_with(kPrecision)) continue;
    auto parsed = line_protocol::parse_precision(parameter.substr(kPrecision.size()));
    if (!parsed) return refuse();
    precision = *parsed;
  }
  return precision;
}

}  // namespace magnetite::entry
