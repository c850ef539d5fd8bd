#include "model/database_rules.h"

#include <gtest/gtest.h>

namespace magnetite::model {
namespace {

std::string error_of(const DatabaseRules& rules) {
  const auto result = validate(rules);
  return result ? "" : result.error().message();
}

TEST(DatabaseRules, MissingPartsAreNamedByPath) {
  DatabaseRules rules = default_rules("db");
  EXPECT_EQ(error_of(rules), "");
  rules.partition_template.parts = {TablePart{}, RegexPart{"", "a.*"}};
  EXPECT_EQ(error_of(rules), "rules.partition_template.parts.1.part.regex.column: Field is required");
  rules.partition_template.parts = {ColumnPart{""}};
  EXPECT_EQ(error_of(rules), "rules.partition_template.parts.0.part.column: Field is required");
}

TEST(DatabaseRules, OneDirectionOnly) {
  DatabaseRules rules = default_rules("db");
  rules.write_buffer_reading = rules.write_buffer_writing = "memory:x";
  EXPECT_NE(error_of(rules), "");
}

TEST(DatabaseRules, ZeroMeansDefault) {
  DatabaseRules rules;
  rules.lifecycle.late_arrive_window_seconds = 0;
  rules.lifecycle.mub_row_threshold = 0;
  rules.lifecycle.persist_row_threshold = 7;
  materialise_defaults(rules);
  EXPECT_EQ(rules.lifecycle.late_arrive_window_seconds, 300u);
  EXPECT_EQ(rules.lifecycle.mub_row_threshold, 100'000u);
  EXPECT_EQ(rules.lifecycle.persist_row_threshold, 7u);
}

}  // namespace
}  // namespace magnetite::model
