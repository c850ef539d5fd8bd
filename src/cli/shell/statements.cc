#include "cli/shell/statements.h"

#include <algorithm>

namespace magnetite::cli::shell {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower_of(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
// Bytes of characters beyond ASCII belong to words.
bool begins_word(char c) {
  return c == '_' || (lower_of(c) >= 'a' && lower_of(c) <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}
bool goes_on_in_word(char c) { return begins_word(c) || is_digit(c); }

Piece to_end(PieceKind kind, std::string_view text) { return {kind, text.size(), false}; }

enum class Backslash : uint8_t { kPlain, kEscapes };

// `begin` is behind the opening quote. A doubled quote stands for itself.
Piece quoted(PieceKind kind, std::string_view text, size_t begin, char quote, Backslash backslash) {
  for (size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '\\' && backslash == Backslash::kEscapes) {
      ++i;
    } else if (text[i] == quote) {
      if (i + 1 < text.size() && text[i + 1] == quote)
        ++i;
      else
        return {kind, i + 1, true};
    }
  }
  return to_end(kind, text);
}

Piece block_comment(std::string_view text, size_t begin) {
  size_t depth = 0;
  for (size_t i = begin; i + 1 < text.size(); ++i) {
    const std::string_view two = text.substr(i, 2);
    if (two == "/*") {
      ++depth;
      ++i;
    } else if (two == "*/") {
      ++i;
      if (--depth == 0) return {PieceKind::kComment, i + 1, true};
    }
  }
  return to_end(PieceKind::kComment, text);
}

// $tag$ ... $tag$; nullopt: the dollar is only a dollar.
std::optional<Piece> dollar_quoted(std::string_view text, size_t begin) {
  size_t end = begin + 1;
  while (end < text.size() && goes_on_in_word(text[end])) ++end;
  if (end >= text.size() || text[end] != '$' || (end > begin + 1 && is_digit(text[begin + 1]))) return std::nullopt;
  const std::string_view mark = text.substr(begin, end + 1 - begin);
  const size_t closing = text.find(mark, end + 1);
  if (closing == std::string_view::npos) return to_end(PieceKind::kString, text);
  return Piece{PieceKind::kString, closing + mark.size(), true};
}

size_t end_while(std::string_view text, size_t begin, bool (*belongs)(char)) {
  size_t end = begin;
  while (end < text.size() && belongs(text[end])) ++end;
  return end;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Ends with its line, without a semicolon.
bool is_line_command(std::string_view line) {
  return line.starts_with('\\') || equal_words(line, "exit") || equal_words(line, "quit");
}

}  // namespace

Piece piece_at(std::string_view text, size_t begin) {
  const char c = text[begin];
  const char next = begin + 1 < text.size() ? text[begin + 1] : '\0';
  if (is_space(c)) return {PieceKind::kBlank, end_while(text, begin, is_space), true};
  if (c == '-' && next == '-') {
    const size_t end = text.find('\n', begin);
    return end == std::string_view::npos ? to_end(PieceKind::kComment, text) : Piece{PieceKind::kComment, end, true};
  }
  if (c == '/' && next == '*') return block_comment(text, begin);
  if (c == '\'') return quoted(PieceKind::kString, text, begin + 1, '\'', Backslash::kPlain);
  if (lower_of(c) == 'e' && next == '\'') return quoted(PieceKind::kString, text, begin + 2, '\'', Backslash::kEscapes);
  if (c == '"') return quoted(PieceKind::kQuotedName, text, begin + 1, '"', Backslash::kPlain);
  if (c == '$')
    if (const auto piece = dollar_quoted(text, begin)) return *piece;
  if (begins_word(c)) return {PieceKind::kWord, end_while(text, begin, goes_on_in_word), true};
  if (is_digit(c)) return {PieceKind::kNumber, end_while(text, begin, goes_on_in_word), true};
  return {PieceKind::kOther, begin + 1, true};
}

bool is_blank(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const Piece piece = piece_at(text, i);
    if (piece.kind != PieceKind::kBlank && piece.kind != PieceKind::kComment) return false;
    i = piece.end;
  }
  return true;
}

std::optional<Cut> first_statement(std::string_view text) {
  const size_t begin = end_while(text, 0, is_space);
  const size_t line_end = text.find('\n', begin);
  if (line_end != std::string_view::npos) {
    const std::string_view line = trimmed(text.substr(begin, line_end - begin));
    if (is_line_command(line)) return Cut{std::string(line), line_end + 1};
  }
  if (begin < text.size() && text[begin] == '\\') return std::nullopt;
  for (size_t i = begin; i < text.size();) {
    const Piece piece = piece_at(text, i);
    if (!piece.is_closed) return std::nullopt;
    if (text[i] == ';') return Cut{std::string(trimmed(text.substr(begin, i - begin))), i + 1};
    i = piece.end;
  }
  return std::nullopt;
}

bool equal_words(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower_of, lower_of); }

std::string upper(std::string_view word) {
  std::string text(word);
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  return text;
}

std::string lower(std::string_view word) {
  std::string text(word);
  std::ranges::transform(text, text.begin(), lower_of);
  return text;
}

std::string quoted_name(const std::string& name) {
  if (!name.empty() && begins_word(name.front()) && std::ranges::all_of(name, goes_on_in_word)) return name;
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + '"';
}

std::string quoted_text(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'') text += '\'';
    text += c;
  }
  return text + '\'';
}

}  // namespace magnetite::cli::shell
