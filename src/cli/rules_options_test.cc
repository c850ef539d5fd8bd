#include "cli/rules_options.h"

#include <gtest/gtest.h>
#include <influxdata/iox/management/v1/database_rules.pb.h>

namespace magnetite::cli {
namespace {

using influxdata::iox::management::v1::DatabaseRules;

DatabaseRules created() {
  DatabaseRules rules;
  apply(default_rules(), rules);
  return rules;
}

TEST(RulesOptions, WithoutOptionsNothingIsLost) {
  const DatabaseRules rules = created();
  EXPECT_TRUE(rules.lifecycle_rules().persist());
  EXPECT_FALSE(rules.lifecycle_rules().drop_non_persisted());
  EXPECT_FALSE(rules.lifecycle_rules().immutable());
  EXPECT_EQ(rules.lifecycle_rules().late_arrive_window_seconds(), 300u);
  EXPECT_EQ(rules.partition_template().parts(0).time(), "%Y-%m-%d %H:00:00");
}

TEST(RulesOptions, OnlyWhatIsGivenChanges) {
  DatabaseRules rules = created();
  apply({}, rules);
  EXPECT_EQ(rules.SerializeAsString(), created().SerializeAsString());
  RulesOptions options;
  options.persist_row_threshold = 5;
  options.skip_persist = true;
  apply(options, rules);
  DatabaseRules expected = created();
  expected.mutable_lifecycle_rules()->set_persist_row_threshold(5);
  expected.mutable_lifecycle_rules()->set_persist(false);
  EXPECT_EQ(rules.SerializeAsString(), expected.SerializeAsString());
}

}  // namespace
}  // namespace magnetite::cli
