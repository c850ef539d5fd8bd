// SQL text as a person types it: its pieces, and where a statement ends. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace magnetite::cli::shell {

enum class PieceKind : uint8_t { kBlank, kComment, kString, kQuotedName, kWord, kNumber, kOther };

struct Piece {
  PieceKind kind = PieceKind::kOther;
  size_t end = 0;
  bool is_closed = true;  // false: a quote or a comment that goes on behind the text
};

// The piece that begins at `begin`, below text.size(). Strings are '...', E'...' and $tag$...$tag$; comments are -- and
// /* */, which nest; kOther is one character.
Piece piece_at(std::string_view text, size_t begin);

// Only blanks and comments.
bool is_blank(std::string_view text);

struct Cut {
  std::string statement;  // without the semicolon and the blanks around it; may be blank
  size_t bytes = 0;       // of the text, up to where the next one begins
};

// A statement ends with a semicolon. Lines that begin one with a backslash, and the lone words exit and quit, end with
// their line. nullopt: none ends here.
std::optional<Cut> first_statement(std::string_view text);

bool equal_words(std::string_view a, std::string_view b);  // case aside
std::string upper(std::string_view word);
std::string lower(std::string_view word);

// "a", or a where that needs no quotes.
std::string quoted_name(const std::string& name);
std::string quoted_text(std::string_view text);  // 'a'

}  // namespace magnetite::cli::shell
