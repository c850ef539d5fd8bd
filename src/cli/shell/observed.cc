#include "cli/shell/observed.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/shell/statements.h"

namespace magnetite::cli::shell {
namespace {

constexpr size_t kStatementBytesMax = 64 << 20;

// Values travel as texts; the columns get their types back outside of them.
std::string expression_of(const ObservedTable& table) {
  std::string text = quoted_name(table.name) + " AS (SELECT ";
  for (size_t i = 0; i < table.columns.size(); ++i)
    text += fmt::format("{}CAST(c{} AS {}) AS {}", i == 0 ? "" : ", ", i, table.columns[i].type,
                        quoted_name(table.columns[i].name));
  text += " FROM (VALUES ";
  // A first row gives the columns where there are no others.
  for (size_t row = 0; row < table.rows.size() + 1; ++row) {
    text += row == 0 ? "(" : ", (";
    for (size_t i = 0; i < table.columns.size(); ++i) {
      if (i > 0) text += ", ";
      if (row == 0)
        text += "CAST(NULL AS VARCHAR)";
      else
        text += table.rows[row - 1][i] ? quoted_text(*table.rows[row - 1][i]) : "NULL";
    }
    text += ')';
  }
  text += ") AS v(";
  for (size_t i = 0; i < table.columns.size(); ++i) text += fmt::format("{}c{}", i == 0 ? "" : ", ", i);
  return text + ") WHERE c0 IS NOT NULL)";
}

// Where the first word that is none of `skipped` begins; npos: nowhere.
size_t word_after(std::string_view text, size_t begin) {
  while (begin < text.size()) {
    const Piece piece = piece_at(text, begin);
    if (piece.kind != PieceKind::kBlank && piece.kind != PieceKind::kComment) return begin;
    begin = piece.end;
  }
  return std::string_view::npos;
}

}  // namespace

std::vector<std::string_view> observed_tables(std::string_view statement) {
  std::vector<std::string_view> found;
  for (size_t i = 0; i < statement.size();) {
    const Piece piece = piece_at(statement, i);
    std::string_view word = statement.substr(i, piece.end - i);
    i = piece.end;
    if (piece.kind == PieceKind::kQuotedName && word.size() >= 2) word = word.substr(1, word.size() - 2);
    if (piece.kind != PieceKind::kWord && piece.kind != PieceKind::kQuotedName) continue;
    for (const std::string_view table : kObservedTables)
      if (equal_words(table, word) && !std::ranges::contains(found, table)) found.push_back(table);
  }
  return found;
}

Result<std::string> with_observed(std::string_view statement, const std::vector<ObservedTable>& tables) {
  const size_t begin = word_after(statement, 0);
  const auto word_at = [&](size_t at) {
    return at == std::string_view::npos ? std::string_view() : statement.substr(at, piece_at(statement, at).end - at);
  };
  const std::string_view first = word_at(begin);
  const bool has_with = equal_words(first, "with");
  if (!has_with && !equal_words(first, "select"))
    return fail(ErrorCode::kInvalidInput,
                "in observer mode there are SELECT and WITH only; USE DATABASE name goes back to a database");
  std::string text = "WITH ";
  size_t rest = begin;
  if (has_with) {
    rest = word_after(statement, begin + first.size());
    if (equal_words(word_at(rest), "recursive")) {
      text += "RECURSIVE ";
      rest = word_after(statement, rest + std::string_view("recursive").size());
    }
  }
  for (const ObservedTable& table : tables) {
    if (&table != &tables.front()) text += ", ";
    text += expression_of(table);
    if (text.size() > kStatementBytesMax)
      return fail(ErrorCode::kTooLarge,
                  fmt::format("the databases have too many {} to be looked at together: USE one, and query system.{}",
                              table.name, table.name));
  }
  if (tables.empty()) return std::string(statement);
  text += has_with ? ", " : " ";
  if (rest != std::string_view::npos) text += statement.substr(rest);
  return text;
}

}  // namespace magnetite::cli::shell
