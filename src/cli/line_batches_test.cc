#include "cli/line_batches.h"

#include <gtest/gtest.h>

namespace magnetite::cli {
namespace {

struct Case {
  std::string_view text;
  size_t bytes_max;
  size_t piece;
};

TEST(LineBatches, CutsAtLineEndsOnly) {
  const Case cases[] = {
      {"aa\nbb\ncc\n", 4, 3},
      {"aa\nbb\ncc\n", 6, 6},
      {"aa\nbb\ncc\n", 100, 9},
      {"aa\nbb\ncc", 100, 6},
      {"aaaaaaaa\nb\n", 4, 9},
      {"aaaaaaaa", 4, 0},
      {"", 4, 0},
      {"\n\n", 4, 2},
  };
  for (const Case& each : cases) EXPECT_EQ(whole_lines_bytes(each.text, each.bytes_max), each.piece) << each.text;
}

TEST(LineBatches, ANewlineInAStringIsNoLineEnd) {
  const Case cases[] = {
      {"m x=\"a\nb\" 1\nm x=2 2\n", 9, 12},
      {"m x=\"a\\\"\nb\" 1\nm x=2 2\n", 9, 14},
      {"m x=\"a\n", 9, 0},
      {"m\\ n,t=a x=\"a\nb\"\nm x=1\n", 18, 17},
  };
  for (const Case& each : cases) EXPECT_EQ(whole_lines_bytes(each.text, each.bytes_max), each.piece) << each.text;
}

TEST(LineBatches, AQuoteElsewhereBeginsNoString) {
  const Case cases[] = {
      {"m,t=\"a x=1 1\nm x=2 2\n", 13, 13},      // in a tag
      {"m\"n x=1 1\nm x=2 2\n", 10, 10},         // in a name
      {"# it's 5\" wide\nm x=2 2\n", 16, 15},    // in a comment
      {"  # =\" wide x=\"\nm x=2 2\n", 16, 16},  // in an indented one
      {"m x=1,y\"=2 1\nm x=2 2\n", 13, 13},      // in a field's name
      {"m x=\"a\\\\\" 1\nm x=2 2\n", 13, 12},    // after an escaped backslash
  };
  for (const Case& each : cases) EXPECT_EQ(whole_lines_bytes(each.text, each.bytes_max), each.piece) << each.text;
}

TEST(LineBatches, ErrorsNameTheLineOfTheFile) {
  EXPECT_EQ(with_line_of_file("Invalid Line Protocol: line 2, column 5: no number", 100),
            "Invalid Line Protocol: line 102, column 5: no number");
  EXPECT_EQ(with_line_of_file("the database is full", 100), "the database is full");
  EXPECT_EQ(with_line_of_file("a line without", 100), "a line without");
  EXPECT_EQ(newlines_in("a\n\nb"), 2u);
}

}  // namespace
}  // namespace magnetite::cli
