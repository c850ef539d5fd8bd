#include "sharding/sharder.h"

#include <gmock/gmock.h>

namespace magnetite::sharding {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

ShardedLines split(const model::ShardConfig& config, std::string_view text) {
  line_protocol::Batch batch;
  line_protocol::parse(text, {}, batch);
  return Sharder::make(config).value()->split(text, batch);
}

uint32_t only_shard(const model::ShardConfig& config, std::string_view line) {
  const ShardedLines lines = split(config, line);
  EXPECT_THAT(lines.errors, IsEmpty()) << line;
  EXPECT_THAT(lines.shards, SizeIs(1)) << line;
  return lines.shards.begin()->first;
}

model::ShardConfig by_regex_and_ring() {
  model::ShardConfig config;
  config.specific_targets = {{"^cpu$", 42}, {"^mem$", 44}, {"^cpu", 45}};
  config.hash_ring = model::HashRing{true, {}, {43}};
  for (const uint32_t shard : {42u, 43u, 44u, 45u}) config.shards[shard] = {{shard}};
  return config;
}

model::ShardConfig by_ring(std::vector<std::string> columns, bool table = true) {
  model::ShardConfig config;
  config.hash_ring = model::HashRing{table, std::move(columns), {}};
  for (uint32_t shard = 1; shard <= 64; ++shard) {
    config.hash_ring->shards.push_back(shard);
    config.shards[shard] = {{shard}};
  }
  return config;
}

TEST(Sharder, TheFirstTargetThatMatchesElseTheRing) {
  const ShardedLines lines =
      split(by_regex_and_ring(), "cpu v=1 1\nmem v=1 1\ndisk v=1 1\ncpu,a=b v=2 2\ncpu2 v=1 1\ncp\\ u v=1 1");
  EXPECT_THAT(lines.errors, IsEmpty());
  EXPECT_THAT(lines.shards, UnorderedElementsAre(Pair(42, ElementsAre(0, 3)), Pair(44, ElementsAre(1)),
                                                 Pair(43, ElementsAre(2, 5)), Pair(45, ElementsAre(4))));
}

TEST(Sharder, WithoutARingLinesThatNothingMatchesAreInError) {
  model::ShardConfig config = by_regex_and_ring();
  config.hash_ring.reset();
  const ShardedLines lines = split(config, "cpu v=1 1\n\ndisk v=1 1\nbad\n");
  EXPECT_THAT(lines.shards, UnorderedElementsAre(Pair(42, ElementsAre(0))));
  ASSERT_THAT(lines.errors, SizeIs(2));
  EXPECT_EQ(lines.errors[0].line_number, 3u);
  EXPECT_THAT(lines.errors[0].message, HasSubstr("disk"));
  EXPECT_EQ(lines.errors[1].line_number, 4u) << "the parser's own stay, in order";
}

TEST(Sharder, AnEmptyExpressionMatchesNothing) {
  model::ShardConfig config = by_regex_and_ring();
  config.specific_targets.insert(config.specific_targets.begin(), {"", 45});
  EXPECT_EQ(only_shard(config, "cpu v=1 1"), 42u);
}

TEST(Sharder, TheRingLooksAtListedColumnsOnly) {
  const model::ShardConfig config = by_ring({"host"});
  const uint32_t shard = only_shard(config, "cpu,host=a v=1 1");
  EXPECT_EQ(only_shard(config, "cpu,host=a,region=x v=1 1"), shard);
  EXPECT_EQ(only_shard(config, "cpu,dc=1,host=a w=7i 99"), shard);
  EXPECT_NE(only_shard(config, "cpu,host=b v=1 1"), shard);
  EXPECT_NE(only_shard(config, "mem,host=a v=1 1"), shard);
  EXPECT_EQ(only_shard(by_ring({"host"}, false), "mem,host=a v=1 1"),
            only_shard(by_ring({"host"}, false), "cpu,host=a v=1 1"));
}

TEST(Sharder, AbsentColumnsAreNotMixedUp) {
  const model::ShardConfig config = by_ring({"a", "b"});
  EXPECT_NE(only_shard(config, "cpu,a=x v=1 1"), only_shard(config, "cpu,b=x v=1 1"));
  EXPECT_NE(only_shard(config, "cpu,a=x,b=y v=1 1"), only_shard(config, "cpu,a=xy v=1 1"));
}

// Rows that differ in a field alone are one row: they must not lie on two servers.
TEST(Sharder, AColumnOfTheRingMustBeATag) {
  const ShardedLines lines = split(by_ring({"host"}), "cpu host=1 1\ncpu,host=a v=1 1");
  ASSERT_THAT(lines.errors, SizeIs(1));
  EXPECT_THAT(lines.errors[0].message, HasSubstr("column 'host'"));
  EXPECT_EQ(lines.errors[0].line_number, 1u);
}

TEST(Sharder, EscapesAndTheOrderOfTagsAreNoDifference) {
  const model::ShardConfig config = by_ring({"host", "b"});
  EXPECT_EQ(only_shard(config, "cpu,b=2,host=a\\ c v=1 1"), only_shard(config, "cpu,host=a\\ c,b=2 v=1 1"));
}

TEST(Sharder, BadExpressionsAreNamed) {
  model::ShardConfig config = by_regex_and_ring();
  config.specific_targets[1].table_name_regex = "(";
  const auto made = Sharder::make(config);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::kInvalidInput);
  EXPECT_THAT(made.error().message(),
              HasSubstr("rules.routing_rules.shard_config.specific_targets.1.matcher.table_name_regex"));
}

}  // namespace
}  // namespace magnetite::sharding
