#include "cli/shell/commands.h"

#include <fmt/format.h>

#include <vector>

#include "cli/shell/statements.h"

namespace magnetite::cli::shell {
namespace {

// Words and other pieces without blanks and comments; quoted names without their quotes.
struct Token {
  PieceKind kind;
  std::string text;
};

std::string unquoted(std::string_view name) {
  std::string text;
  for (size_t i = 1; i + 1 < name.size(); ++i) {
    text += name[i];
    if (name[i] == '"') ++i;
  }
  return text;
}

std::vector<Token> tokens_of(std::string_view statement) {
  std::vector<Token> tokens;
  for (size_t i = 0; i < statement.size();) {
    const Piece piece = piece_at(statement, i);
    const std::string_view text = statement.substr(i, piece.end - i);
    if (piece.kind == PieceKind::kQuotedName && piece.is_closed)
      tokens.push_back({piece.kind, unquoted(text)});
    else if (piece.kind != PieceKind::kBlank && piece.kind != PieceKind::kComment)
      tokens.push_back({piece.kind, std::string(text)});
    i = piece.end;
  }
  return tokens;
}

bool is_word(const Token& token, std::string_view word) {
  return token.kind == PieceKind::kWord && equal_words(token.text, word);
}

// A database's name may hold what SQL's words cannot: `use my-db`.
std::string joined(const std::vector<Token>& tokens, size_t begin) {
  std::string text;
  for (size_t i = begin; i < tokens.size(); ++i) text += tokens[i].text;
  return text;
}

Result<Command> parse_set(const std::vector<Token>& tokens) {
  if (is_word(tokens[1], "format")) {
    MAGNETITE_TRY(const result_format::Format format, parse_text_format(joined(tokens, 2)));
    return SetFormat{format};
  }
  const std::string value = joined(tokens, 2);
  if (equal_words(value, "on")) return SetTiming{true};
  if (equal_words(value, "off")) return SetTiming{false};
  return fail(ErrorCode::kInvalidInput, fmt::format("SET TIMING '{}': it is on or off", value));
}

Result<Command> parse_backslash(std::string_view line) {
  const size_t blank = line.find_first_of(" \t");
  const std::string_view word = line.substr(0, blank);
  std::string_view rest = blank == std::string_view::npos ? std::string_view() : line.substr(blank);
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
  while (rest.ends_with(';')) rest.remove_suffix(1);
  if (word == "\\q") return Leave{};
  if (word == "\\?" || word == "\\h") return Help{};
  if (word == "\\l") return ShowDatabases{};
  if (word == "\\r") return Refresh{};
  if (word == "\\c" && !rest.empty()) return Use{std::string(rest)};
  if (word == "\\d" && rest.empty()) return Sql{"SHOW TABLES"};
  if (word == "\\d") return Sql{"DESCRIBE " + quoted_name(std::string(rest))};
  return fail(ErrorCode::kInvalidInput,
              fmt::format("{}: not known; there are \\d, \\d TABLE, \\l, \\c DATABASE, \\r, \\? and \\q", word));
}

}  // namespace

Result<result_format::Format> parse_text_format(std::string_view word) {
  MAGNETITE_TRY(const result_format::Format format, result_format::parse_format(word));
  if (format == result_format::Format::kParquet)
    return fail(ErrorCode::kInvalidInput, "parquet is for `magnetite database query`, whose result is one file");
  return format;
}

Result<Command> parse_command(std::string_view statement) {
  if (statement.starts_with('\\')) return parse_backslash(statement);
  const std::vector<Token> tokens = tokens_of(statement);
  if (tokens.empty()) return Nothing{};
  if (tokens.size() == 1) {
    const Token& only = tokens[0];
    if (is_word(only, "exit") || is_word(only, "quit")) return Leave{};
    if (is_word(only, "help")) return Help{};
    if (is_word(only, "observer")) return Observe{};
    if (is_word(only, "use")) return fail(ErrorCode::kInvalidInput, "USE what? SHOW DATABASES lists them");
  }
  if (tokens.size() == 2 && is_word(tokens[0], "show") && is_word(tokens[1], "databases")) return ShowDatabases{};
  if (tokens.size() > 1 && is_word(tokens[0], "use")) {
    const size_t name = tokens.size() > 2 && is_word(tokens[1], "database") ? 2 : 1;
    return Use{joined(tokens, name)};
  }
  if (tokens.size() > 1 && is_word(tokens[0], "set") && (is_word(tokens[1], "format") || is_word(tokens[1], "timing")))
    return parse_set(tokens);
  return Sql{std::string(statement)};
}

}  // namespace magnetite::cli::shell
