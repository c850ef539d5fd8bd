#include "generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace magnetite::tsbs {
namespace {

std::string all(GeneratorOptions options, Format format, size_t rows_at_once) {
  Generator generator(options);
  std::string out;
  while (generator.append(format, rows_at_once, out) > 0) {
  }
  return out;
}

TEST(TsbsGenerator, SameSeedGivesTheSameBytesInAnyPortions) {
  const GeneratorOptions options{.hosts = 7, .steps = 11};
  const std::string once = all(options, Format::kLineProtocol, 1000);
  EXPECT_EQ(once, all(options, Format::kLineProtocol, 3));
  EXPECT_NE(once, all({.hosts = 7, .steps = 11, .seed = 124}, Format::kLineProtocol, 1000));
}

// The bytes are part of published figures: they must not drift with a compiler or a library.
TEST(TsbsGenerator, FirstLineIsFixedForEver) {
  std::string out;
  Generator(GeneratorOptions{}).append(Format::kLineProtocol, 1, out);
  EXPECT_EQ(out,
            "cpu,hostname=host_0,region=us-east-1,datacenter=us-east-1a,rack=1,os=Ubuntu16.04LTS,arch=x64,team=SF,"
            "service=8,service_version=0,service_environment=test usage_user=44i,usage_system=24i,usage_idle=92i,"
            "usage_nice=73i,usage_iowait=67i,usage_irq=24i,usage_softirq=38i,usage_steal=87i,usage_guest=18i,"
            "usage_guest_nice=98i 1451606400000000000\n");
}

TEST(TsbsGenerator, EveryHostHasOneRowPerStep) {
  const std::string out = all({.hosts = 40, .steps = 25}, Format::kLineProtocol, 64);
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1000);
  EXPECT_NEAR(static_cast<double>(out.size()) / 1000, 345, 8);
}

TEST(TsbsGenerator, CsvHasTheColumnsOfItsHeader) {
  const std::string header = Generator::csv_header();
  const std::string out = all({.hosts = 2, .steps = 1}, Format::kCsv, 2);
  EXPECT_EQ(std::count(header.begin(), header.end(), ',') * 2, std::count(out.begin(), out.end(), ','));
}

}  // namespace
}  // namespace magnetite::tsbs
