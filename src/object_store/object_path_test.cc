#include "object_store/object_path.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace magnetite::object_store {
namespace {

TEST(ObjectPath, PlainNamesStayReadable) {
  EXPECT_EQ(ObjectPath({"1", "my_db-2.x", "rules.pb"}).text(), "1/my_db-2.x/rules.pb");
}

TEST(ObjectPath, TextOfEachPart) {
  const std::pair<std::string, std::string> table[] = {
      {"", "%"},
      {".", "%2E"},
      {"..", "%2E."},
      {"...", "%2E.."},
      {".hidden", "%2Ehidden"},
      {"a.b", "a.b"},
      {"a/b", "a%2Fb"},
      {"%", "%25"},
      {"%2F", "%252F"},
      {"%252F", "%25252F"},  // encoded text is text like any other
      {"a b", "a%20b"},
      {"\r\n\t", "%0D%0A%09"},
      {std::string("\0", 1), "%00"},
      {"\x7F", "%7F"},
      {R"(\{^}%`]">[~<#|*?)", "%5C%7B%5E%7D%25%60%5D%22%3E%5B%7E%3C%23%7C%2A%3F"},
      {"a=b&c+d,e:f;g@h!i$j'k(l)", "a%3Db%26c%2Bd%2Ce%3Af%3Bg%40h%21i%24j%27k%28l%29"},
      {"ü", "%C3%BC"},
      {"\xFF", "%FF"},
      {"AZaz09-_", "AZaz09-_"},
  };
  for (const auto& [part, text] : table) {
    EXPECT_EQ(ObjectPath({"d", part}).text(), "d/" + text);
    EXPECT_EQ(ObjectPath::parse("d/" + text).value(), ObjectPath({"d", part})) << text;
  }
}

TEST(ObjectPath, APathBuiltIsThePathParsed) {
  const ObjectPath built = ObjectPath() / "1" / "my db" / "" / "x.parquet";
  EXPECT_EQ(built.text(), "1/my%20db/%/x.parquet");
  EXPECT_EQ(ObjectPath::parse(built.text()).value(), built);
  EXPECT_NE(ObjectPath({"1", "my%20db", "", "x.parquet"}), built);
}

TEST(ObjectPath, EncodedPrefixesArePrefixesOfEncodedNames) {
  for (const std::string name : {".hidden", "a b/c", "über", "%41"})
    for (size_t length = 0; length <= name.size(); ++length)
      EXPECT_TRUE(ObjectPath({name}).text().starts_with(encode_prefix(name.substr(0, length)))) << name << length;
}

TEST(ObjectPath, AnObjectNeedsPartsOfBoundedLength) {
  EXPECT_TRUE(check_object_path(ObjectPath({""})));
  EXPECT_TRUE(check_object_path(ObjectPath({std::string(255, 'a')})));
  for (const ObjectPath& bad : {ObjectPath(), ObjectPath({std::string(256, 'a')}), ObjectPath({std::string(86, ' ')}),
                                ObjectPath(std::vector<std::string>(5, std::string(220, 'a')))})
    EXPECT_EQ(check_object_path(bad).error().code(), ErrorCode::kInvalidInput);
}

TEST(ObjectPath, OneTextForEachPath) {
  for (const char* bad : {"a//b", "/a", "a/", "%4", "%zz", "%%", "%2e", "%41", ".", "..", "a b", ".x", "%2E%2E", "%2"})
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
  const auto part = rc::gen::container<std::string>(
      rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::element('.', '/', '%', '2', 'E', '\0')));
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
