#include "query/sql/show.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <memory>
#include <vector>

#include "query/sql/catalog_names.h"
#include "query/sql/names.h"

namespace magnetite::query::sql {
namespace {

struct TableName {
  std::string schema;
  std::string table;
};

// `a."b"".c"` as its parts.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '"') {
      if (quoted && path.substr(i + 1).starts_with('"'))
        parts.back() += path[i++];
      else
        quoted = !quoted;
    } else if (path[i] == '.' && !quoted) {
      parts.emplace_back();
    } else {
      parts.back() += path[i];
    }
  }
  return parts;
}

std::string exact(const std::vector<std::string>& names, const std::string& wanted) {
  for (const std::string& name : names)
    if (name == wanted) return name;
  for (const std::string& name : names)
    if (equal_without_case(name, wanted)) return name;
  return wanted;
}

// The names as they are spelled; what is not there stays as it was written.
TableName resolve(std::vector<std::string> parts, const DatabaseSource& databases, const TableSource& current) {
  TableName name{current.database_name(), parts.back()};
  if (parts.size() == 1) return {name.schema, exact(current.table_names(), name.table)};
  const std::string& schema = parts[parts.size() - 2];
  const bool of_other = parts.size() == 3 && !equal_without_case(parts[0], kCatalogName);  // other.iox.t
  if (!equal_without_case(schema, kSchemaAlias))
    name.schema = exact(databases.database_names(), schema);
  else if (of_other)
    name.schema = exact(databases.database_names(), parts[0]);
  const auto source = databases.database(name.schema);
  if (source) return {name.schema, exact((*source)->table_names(), name.table)};
  std::string lower = name.table;  // the schema `system`, whose names are lower case
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return {equal_without_case(schema, kSystemSchema) ? kSystemSchema : schema, lower};
}

std::string literal(std::string text) {
  re2::RE2::GlobalReplace(&text, "'", "''");
  return "'" + text + "'";
}

// Words, with what may stand between them: spaces and comments.
std::string pattern(std::initializer_list<std::string_view> words) {
  constexpr std::string_view kGap = R"re((?:\s|--[^\n]*(?:\n|$)|/\*(?:[^*]|\*+[^*/])*\*+/))re";
  std::string pattern = fmt::format("(?i){}*", kGap);
  for (const std::string_view word : words)
    pattern += fmt::format("{}{}", word == *words.begin() ? "" : fmt::format("{}+", kGap), word);
  return pattern + fmt::format("{0}*;?{0}*", kGap);
}

}  // namespace

std::string translate_show(std::string_view sql, const DatabaseSource& databases, const TableSource& current) {
  static const re2::RE2 tables(pattern({"show", "tables"}));
  static const re2::RE2 all(pattern({"show", "databases"}));
  static const re2::RE2 columns(
      pattern({"show", "columns", "(?:from|in)",
               R"re(((?:"(?:[^"]|"")+"|[\pL\pN_$]+)(?:\.(?:"(?:[^"]|"")+"|[\pL\pN_$]+)){0,2}))re"}));
  if (re2::RE2::FullMatch(sql, tables))
    return "SELECT table_catalog, table_schema, table_name, table_type FROM information_schema.tables "
           "WHERE table_catalog = current_catalog() AND table_schema = current_schema() ORDER BY table_name";
  if (re2::RE2::FullMatch(sql, all))
    return "SELECT schema_name AS db_name FROM information_schema.schemata "
           "WHERE catalog_name = current_catalog() AND schema_name <> 'system' ORDER BY schema_name";
  std::string path;
  if (!re2::RE2::FullMatch(sql, columns, &path)) return std::string(sql);
  const TableName name = resolve(parts_of(path), databases, current);
  // The last condition binds the table and reads none of it.
  return fmt::format(
      "SELECT table_catalog, table_schema, table_name, column_name, data_type, is_nullable "
      "FROM information_schema.columns WHERE table_catalog = current_catalog() AND table_schema = {} "
      "AND table_name = {} AND (SELECT count(*) FROM (SELECT * FROM {} LIMIT 0)) = 0 ORDER BY ordinal_position",
      literal(name.schema), literal(name.table), path);
}

}  // namespace magnetite::query::sql
