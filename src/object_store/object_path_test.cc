#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "object_store/object_store.h"

namespace magnetite::object_store {
namespace {

TEST(ObjectPath, PlainNamesStayReadable) {
  EXPECT_EQ(ObjectPath({"1", "my_db-2.x", "rules.pb"}).text(), "1/my_db-2.x/rules.pb");
  EXPECT_EQ(ObjectPath({"my db", ".", "..", ".hidden", "a/b", "50%", "ü"}).text(),
            "my%20db/%2E/%2E./%2Ehidden/a%2Fb/50%25/%C3%BC");
  EXPECT_EQ(ObjectPath({"%41"}).text(), "%2541");
}

TEST(ObjectPath, OneTextForEachPath) {
  for (const char* bad : {"a//b", "/a", "a/", "%4", "%zz", "%", "%2e", "%41", ".", "..", "a b", ".x", "%2E%2E"})
    EXPECT_EQ(ObjectPath::parse(bad).error().code(), ErrorCode::kInvalidInput) << bad;
  EXPECT_EQ(ObjectPath::parse("").value(), ObjectPath());
}

TEST(ObjectPath, IsBelowGoesByWholeParts) {
  const ObjectPath path({"a", "bc", "d"});
  EXPECT_TRUE(path.is_below(ObjectPath()));
  EXPECT_TRUE(path.is_below(ObjectPath({"a", "bc"})));
  EXPECT_TRUE(path.is_below(path));
  EXPECT_FALSE(path.is_below(ObjectPath({"a", "b"})));
  EXPECT_FALSE(path.is_below(path / "e"));
}

RC_GTEST_PROP(ObjectPath, AnyBytesRoundTripAndStayApart, ()) {
  const auto part = rc::gen::nonEmpty(rc::gen::container<std::string>(
      rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::element('.', '/', '%', '2', 'E', '\0'))));
  const auto paths =
      *rc::gen::container<std::set<std::vector<std::string>>>(rc::gen::container<std::vector<std::string>>(part));
  std::set<std::string> texts;
  for (const auto& parts : paths) {
    const ObjectPath path(parts);
    RC_ASSERT(ObjectPath::parse(path.text()).value() == path);
    RC_ASSERT(!path.text().contains("//"));
    texts.insert(path.text());
  }
  RC_ASSERT(texts.size() == paths.size());
}

}  // namespace
}  // namespace magnetite::object_store
