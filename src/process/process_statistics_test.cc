#include "process/process_statistics.h"

#include <gtest/gtest.h>

#include <string>

namespace magnetite::process {
namespace {

constexpr std::string_view kMachine = "cpu  1 2 3 4\nintr 99 1 2\nbtime 1700000000\nprocesses 5\n";
constexpr std::string_view kProcess =
    "42 (a) b (c)) S 1 42 42 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 7 0 1000 123456789 300 18446744073709551615 1 1\n";

TEST(ProcessStatistics, AreReadPastAnyName) {
  const auto statistics = parse_statistics(kProcess, kMachine, {100, 4096});
  ASSERT_TRUE(statistics);
  EXPECT_DOUBLE_EQ(statistics->cpu.count(), 2.0);
  EXPECT_EQ(statistics->threads, 7U);
  EXPECT_EQ(statistics->virtual_bytes, 123456789U);
  EXPECT_EQ(statistics->resident_bytes, 300U * 4096);
  EXPECT_DOUBLE_EQ(statistics->start_seconds, 1700000010.0);
}

TEST(ProcessStatistics, WhatIsCutOrStrangeIsNothing) {
  for (size_t size = 0; size <= kProcess.find(" 300 "); ++size)
    EXPECT_FALSE(parse_statistics(kProcess.substr(0, size), kMachine, {})) << size;
  EXPECT_FALSE(parse_statistics(kProcess, "cpu 1\n", {}));
  EXPECT_FALSE(parse_statistics(kProcess, "cpu 1\nbtime soon\n", {}));
}

TEST(ProcessStatistics, OfThisProcessAreSane) {
  const auto statistics = read_statistics();
  ASSERT_TRUE(statistics);
  EXPECT_GE(statistics->threads, 1U);
  EXPECT_GT(statistics->resident_bytes, 0U);
  EXPECT_GT(statistics->virtual_bytes, statistics->resident_bytes);
  EXPECT_GT(statistics->start_seconds, 1.5e9);
  EXPECT_GE(statistics->open_descriptors, 1U);
  EXPECT_GE(statistics->descriptors_max, statistics->open_descriptors);
}

}  // namespace
}  // namespace magnetite::process
