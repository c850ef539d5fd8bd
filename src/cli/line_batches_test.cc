#include "cli/line_batches.h"

#include <gtest/gtest.h>

namespace magnetite::cli {
namespace {

TEST(LineBatches, CutsAtLineEndsOnly) {
  EXPECT_EQ(next_piece_bytes("aa\nbb\ncc\n", 4), 3u);
  EXPECT_EQ(next_piece_bytes("aa\nbb\ncc\n", 6), 6u);
  EXPECT_EQ(next_piece_bytes("aa\nbb\ncc", 100), 8u);
  EXPECT_EQ(next_piece_bytes("aaaaaaaa\nb\n", 4), 9u);
  EXPECT_EQ(next_piece_bytes("aaaaaaaa", 4), 8u);
}

TEST(LineBatches, ANewlineInAStringIsNoLineEnd) {
  EXPECT_EQ(next_piece_bytes("m x=\"a\nb\" 1\nm x=2 2\n", 9), 12u);
  EXPECT_EQ(next_piece_bytes("m x=\"a\\\"\nb\" 1\nm x=2 2\n", 9), 14u);
}

}  // namespace
}  // namespace magnetite::cli
