// Rules as protobuf and back, and what is refused with which path.
#include "server/rules_proto.h"

#include <gmock/gmock.h>
#include <influxdata/iox/management/v1/database_rules.pb.h>

#include "server/new_database.h"

namespace magnetite::server {
namespace {

using ::testing::HasSubstr;

model::ShardConfig sharding() {
  model::ShardConfig config;
  config.specific_targets = {{"^cpu$", 1}};
  config.hash_ring = model::HashRing{true, {"host", "region"}, {1, 2}};
  config.ignore_errors = true;
  config.shards[1] = {{7, 8}};
  config.shards[2] = {{9}};
  return config;
}

model::DatabaseRules full() {
  model::DatabaseRules rules;
  rules.name = "db";
  rules.uuid = model::Uuid::random();
  rules.partition_template.parts = {model::TablePart{}, model::ColumnPart{"host"}, model::TimePart{"%Y"},
                                    model::RegexPart{"host", "^a"}, model::StrftimePart{"day", "%d"}};
  rules.lifecycle = {1, 2, true, false, true, 3, 4, 5, 6, 7, 8, 9};
  rules.worker_cleanup_avg_sleep_seconds = 10;
  rules.write_buffer_writing = "kafka://host:9092";
  rules.routing = sharding();
  return rules;
}

Result<model::DatabaseRules> through_wire(const model::DatabaseRules& rules) {
  management::DatabaseRules message;
  to_proto(rules, message);
  return from_proto(message);
}

TEST(RulesProto, EveryFieldComesBack) {
  model::DatabaseRules rules = full();
  EXPECT_EQ(through_wire(rules).value(), rules);
  rules.routing = model::RoutingConfig{{{5}}};
  rules.write_buffer_writing.clear();
  rules.write_buffer_reading = "kafka://host:9092";
  EXPECT_EQ(through_wire(rules).value(), rules);
  rules.routing = {};
  EXPECT_EQ(through_wire(rules).value(), rules);
}

TEST(RulesProto, TheRulesFileIsCompleteAndValid) {
  management::DatabaseRules asked;
  asked.set_name("db");
  const model::DatabaseRules made = rules_of_new_database(from_proto(asked).value()).value();
  EXPECT_EQ(decode_rules_file(encode_rules_file(made)).value(), made);
  management::DatabaseRules stored;
  to_proto(made, stored);
  const management::LifecycleRules& lifecycle = stored.lifecycle_rules();
  EXPECT_EQ(lifecycle.worker_backoff_millis(), 1000u);
  EXPECT_EQ(lifecycle.catalog_transactions_until_checkpoint(), 100u);
  EXPECT_EQ(lifecycle.late_arrive_window_seconds(), 300u);
  EXPECT_EQ(lifecycle.persist_row_threshold(), 1'000'000u);
  EXPECT_EQ(lifecycle.persist_age_threshold_seconds(), 1800u);
  EXPECT_EQ(stored.worker_cleanup_avg_sleep().seconds(), 500);
}

std::string refusal(const std::function<void(management::DatabaseRules&)>& change) {
  management::DatabaseRules message;
  message.set_name("db");
  change(message);
  auto rules = from_proto(message);
  auto made = rules ? rules_of_new_database(*std::move(rules)) : std::move(rules);
  if (made) return "";
  EXPECT_EQ(made.error().code(), ErrorCode::kInvalidInput) << made.error().describe();
  return made.error().message();
}

TEST(RulesProto, NamesFromOneToSixtyFourBytesWithoutControlCharacters) {
  const auto named = [](std::string name) {
    return refusal([&](management::DatabaseRules& rules) { rules.set_name(std::move(name)); });
  };
  EXPECT_EQ(named("my db/with spaces"), "");
  EXPECT_EQ(named(std::string(64, 'a')), "");
  EXPECT_THAT(named(""), HasSubstr("rules.name"));
  EXPECT_THAT(named(std::string(65, 'a')), HasSubstr("rules.name"));
  for (const char bad : {'\0', '\t', '\n', '\x7f'}) {
    const std::string text = named(std::string("ab") + bad + "c");
    EXPECT_THAT(text, HasSubstr("rules.name"));
    EXPECT_THAT(text, HasSubstr("2")) << "says where it is";
  }
}

TEST(RulesProto, WhatCannotBeDoneIsRefusedWithItsPath) {
  using Rules = management::DatabaseRules;
  const std::string routing = "rules.routing_rules.";
  const struct {
    std::string path;
    std::function<void(Rules&)> change;
  } cases[] = {
      {"rules.partition_template.parts.0.part", [](Rules& r) { r.mutable_partition_template()->add_parts(); }},
      {"rules.partition_template.parts.0.part",
       [](Rules& r) { r.mutable_partition_template()->add_parts()->mutable_regex()->set_format("a"); }},
      {"rules.partition_template.parts.0.part",
       [](Rules& r) {
         auto& regex = *r.mutable_partition_template()->add_parts()->mutable_regex();
         regex.set_column("host");
         regex.set_format("(");
       }},
      {"rules.worker_cleanup_avg_sleep", [](Rules& r) { r.mutable_worker_cleanup_avg_sleep()->set_seconds(-1); }},
      {routing + "routing_config.target", [](Rules& r) { r.mutable_routing_config(); }},
      {routing + "routing_config.target.nodes", [](Rules& r) { r.mutable_routing_config()->mutable_target(); }},
      {routing + "routing_config.target.nodes.0.id: Node ID must be nonzero",
       [](Rules& r) { r.mutable_routing_config()->mutable_target()->add_nodes(); }},
      {routing + "shard_config.specific_targets.0.matcher.predicate",
       [](Rules& r) { r.mutable_shard_config()->add_specific_targets()->mutable_matcher()->set_predicate("a = 1"); }},
      {routing + "shard_config.specific_targets.0.shard",
       [](Rules& r) {
         r.mutable_shard_config()->add_specific_targets()->mutable_matcher()->set_table_name_regex("a");
       }},
      {routing + "shard_config.hash_ring.shards", [](Rules& r) { r.mutable_shard_config()->mutable_hash_ring(); }},
      {routing + "shard_config.hash_ring.shards.0",
       [](Rules& r) {
         auto& ring = *r.mutable_shard_config()->mutable_hash_ring();
         ring.set_table_name(true);
         ring.add_shards(3);
       }},
      {routing + "shard_config.shards.3.sink", [](Rules& r) { (*r.mutable_shard_config()->mutable_shards())[3]; }},
      {routing + "shard_config.shards.3.iox.nodes",
       [](Rules& r) { (*r.mutable_shard_config()->mutable_shards())[3].mutable_iox(); }},
      {"rules.routing_rules",
       [](Rules& r) {
         r.mutable_routing_config()->mutable_target()->add_nodes()->set_id(1);
         r.set_reading("kafka://host:9092");
       }},
  };
  for (const auto& each : cases) EXPECT_THAT(refusal(each.change), HasSubstr(each.path));
  EXPECT_EQ(refusal([](Rules& r) { r.mutable_shard_config()->set_ignore_errors(true); }), "");
}

}  // namespace
}  // namespace magnetite::server
