#include "server/rules_secrets.h"

#include <gtest/gtest.h>

namespace magnetite::server {
namespace {

TEST(RulesSecrets, WhatWasShownMeansWhatIsStored) {
  model::DatabaseRules stored = model::default_rules("d");
  stored.write_buffer_writing = "redis://me:secret@host?stream=s";
  model::DatabaseRules shown = without_secrets(stored);
  EXPECT_EQ(shown.write_buffer_writing, "redis://me:***@host?stream=s");
  EXPECT_EQ(shown.name, "d");
  shown.lifecycle.persist = !shown.lifecycle.persist;
  restore_secrets(shown, stored);
  EXPECT_EQ(shown.write_buffer_writing, stored.write_buffer_writing);
  EXPECT_NE(shown.lifecycle.persist, stored.lifecycle.persist) << "what was changed stays changed";
}

TEST(RulesSecrets, AnythingElseMeansWhatItSays) {
  model::DatabaseRules stored = model::default_rules("d");
  stored.write_buffer_reading = "redis://me:secret@host?stream=s";
  for (const char* asked : {"", "redis://me:other@host?stream=s", "redis://me:***@other?stream=s"}) {
    model::DatabaseRules rules = stored;
    rules.write_buffer_reading = asked;
    restore_secrets(rules, stored);
    EXPECT_EQ(rules.write_buffer_reading, asked);
  }
}

}  // namespace
}  // namespace magnetite::server
