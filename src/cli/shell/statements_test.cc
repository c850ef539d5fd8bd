#include "cli/shell/statements.h"

#include <gtest/gtest.h>

#include <vector>

namespace magnetite::cli::shell {
namespace {

std::vector<std::string> statements_of(std::string_view text) {
  std::vector<std::string> found;
  while (const auto cut = first_statement(text)) {
    found.push_back(cut->statement);
    text.remove_prefix(cut->bytes);
  }
  if (!is_blank(text)) found.push_back("... " + std::string(text));
  return found;
}

struct Case {
  std::string_view text;
  std::vector<std::string> statements;
};

TEST(Statements, EndWithASemicolonOutsideOfQuotesAndComments) {
  const Case cases[] = {
      {"", {}},
      {"select 1", {"... select 1"}},
      {"select 1;", {"select 1"}},
      {" a ;\n b; c", {"a", "b", "...  c"}},
      {"select ';' ; x;", {"select ';'", "x"}},
      {"select 'it''s;';", {"select 'it''s;'"}},
      {"select 'a\\';", {"select 'a\\'"}},
      {"select E'a\\';b';", {"select E'a\\';b'"}},
      {"select \";\"\"\";", {"select \";\"\"\""}},
      {"select $$a;b$$;", {"select $$a;b$$"}},
      {"select $x$a;$$;$x$;", {"select $x$a;$$;$x$"}},
      {"select $1;", {"select $1"}},
      {"select 1 -- a; 'b\n;", {"select 1 -- a; 'b"}},
      {"select /* ; /* ; */ ; */ 1;", {"select /* ; /* ; */ ; */ 1"}},
      {"select 'open;", {"... select 'open;"}},
      {"select /* open;", {"... select /* open;"}},
      {"-- nothing but a comment\n", {}},
      {";;", {"", ""}},
      {"select 3 - 1; select 4 / 2;", {"select 3 - 1", "select 4 / 2"}},
      {"sélect 'ü;';", {"sélect 'ü;'"}},
  };
  for (const Case& each : cases) EXPECT_EQ(statements_of(each.text), each.statements) << each.text;
}

TEST(Statements, SomeEndWithTheirLine) {
  const Case cases[] = {
      {"exit\nselect 1;", {"exit", "select 1"}},
      {"  QUIT  \n", {"QUIT"}},
      {"exit;", {"exit"}},
      {"exit", {"... exit"}},  // the line has not ended
      {"exit 1\n;", {"exit 1"}},
      {"\\d room\nselect 1;", {"\\d room", "select 1"}},
      {"\\d 'x;\n", {"\\d 'x;"}},
      {"select 1\nexit\n;", {"select 1\nexit"}},
  };
  for (const Case& each : cases) EXPECT_EQ(statements_of(each.text), each.statements) << each.text;
}

TEST(Statements, NamesAndTextsAreQuotedWhereTheyMustBe) {
  EXPECT_EQ(quoted_name("room"), "room");
  EXPECT_EQ(quoted_name("größe_2"), "größe_2");
  EXPECT_EQ(quoted_name("2nd"), "\"2nd\"");
  EXPECT_EQ(quoted_name("a b\"c"), "\"a b\"\"c\"");
  EXPECT_EQ(quoted_name(""), "\"\"");
  EXPECT_EQ(quoted_text("it's"), "'it''s'");
}

TEST(Statements, EveryTextIsMadeOfPieces) {
  for (const std::string_view text : {"a'b", "$", "$$", "$a", "/*", "/", "-", "E'", "\"", "\\", "\xff", "1e5x", "é"}) {
    size_t i = 0;
    while (i < text.size()) {
      const Piece piece = piece_at(text, i);
      ASSERT_GT(piece.end, i) << text;
      ASSERT_LE(piece.end, text.size()) << text;
      i = piece.end;
    }
  }
}

}  // namespace
}  // namespace magnetite::cli::shell
