#include "access/grant.h"

#include <gtest/gtest.h>

namespace magnetite::access {
namespace {

const Grant kNothing;
const Grant kAdmin{.admin = true, .permissions = {}};
const Grant kReadsA{.permissions = {{.database = "a", .read = true}}};
const Grant kWritesA{.permissions = {{.database = "a", .write = true}}};
const Grant kReadsAll{.permissions = {{.database = "*", .read = true}, {.database = "a", .write = true}}};

struct Case {
  const char* name;
  const Grant& grant;
  Need need;
  bool allowed;
};

TEST(Authorize, AGrantSufficesForWhatItNames) {
  const Case cases[] = {
      {"nothing: who it is", kNothing, Need::identity(), true},
      {"nothing: read", kNothing, Need::read("a"), false},
      {"nothing: write", kNothing, Need::write("a"), false},
      {"nothing: admin", kNothing, Need::admin(), false},
      {"nothing: by default", kNothing, Need{}, false},
      {"admin: read", kAdmin, Need::read("a"), true},
      {"admin: write", kAdmin, Need::write("a"), true},
      {"admin: admin", kAdmin, Need::admin(), true},
      {"admin: by default", kAdmin, Need{}, true},
      {"reads a: read a", kReadsA, Need::read("a"), true},
      {"reads a: read b", kReadsA, Need::read("b"), false},
      {"reads a: read A", kReadsA, Need::read("A"), false},
      {"reads a: read a longer name", kReadsA, Need::read("ab"), false},
      {"reads a: read no name", kReadsA, Need::read(""), false},
      {"reads a: read *", kReadsA, Need::read("*"), false},
      {"reads a: write a", kReadsA, Need::write("a"), false},
      {"reads a: admin", kReadsA, Need::admin(), false},
      {"writes a: write a", kWritesA, Need::write("a"), true},
      {"writes a: read a", kWritesA, Need::read("a"), false},
      {"writes a: write b", kWritesA, Need::write("b"), false},
      {"reads all: read b", kReadsAll, Need::read("b"), true},
      {"reads all: write a", kReadsAll, Need::write("a"), true},
      {"reads all: write b", kReadsAll, Need::write("b"), false},
      {"reads all: admin", kReadsAll, Need::admin(), false},
  };
  for (const Case& each : cases) {
    const auto decided = authorize(each.grant, each.need);
    EXPECT_EQ(decided.has_value(), each.allowed) << each.name;
    if (decided) continue;
    EXPECT_EQ(decided.error().code(), ErrorCode::kPermissionDenied) << each.name;
  }
}

TEST(Authorize, ADenialSaysWhatIsMissing) {
  EXPECT_EQ(authorize(kNothing, Need::read("a")).error().message(), "the token may not read database 'a'");
  EXPECT_EQ(authorize(kNothing, Need::write("a")).error().message(), "the token may not write database 'a'");
  EXPECT_EQ(authorize(kNothing, Need::admin()).error().message(), "this needs an admin token");
}

TEST(ReadableBy, IsEmptyForThoseWhoReadEverything) {
  EXPECT_FALSE(readable_by(std::make_shared<Grant>(kAdmin)));
  const auto readable = readable_by(std::make_shared<Grant>(kReadsA));
  EXPECT_TRUE(readable("a"));
  EXPECT_FALSE(readable("b"));
}

}  // namespace
}  // namespace magnetite::access
