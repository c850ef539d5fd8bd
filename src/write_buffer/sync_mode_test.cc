#include "write_buffer/sync_mode.h"

#include <gtest/gtest.h>

namespace magnetite::write_buffer {
namespace {

TEST(SyncMode, WordsRoundTrip) {
  for (const char* text : {"commit", "off", "interval=100ms"}) EXPECT_EQ(SyncMode::parse(text).value().text(), text);
  EXPECT_EQ(SyncMode::parse("interval=2s").value().text(), "interval=2000ms");
  for (const char* text : {"", "on", "interval=", "interval=5", "interval=-1s", "interval=0ms", "interval=5m"})
    EXPECT_FALSE(SyncMode::parse(text)) << text;
}

}  // namespace
}  // namespace magnetite::write_buffer
