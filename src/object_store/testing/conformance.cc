#include "object_store/testing/conformance.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "object_store/testing/text.h"

namespace magnetite::object_store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using PartLists = std::vector<std::vector<std::string>>;

Bytes pattern(size_t size, size_t seed = 0) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i + seed) * 7 / 3);
  return bytes;
}

std::vector<std::string> texts(const std::vector<ObjectInfo>& objects) {
  std::vector<std::string> found;
  for (const ObjectInfo& object : objects) found.push_back(object.path.text());
  return found;
}

}  // namespace

void ObjectStoreConformance::SetUp() {
  under_test_ = GetParam().make_empty();
  ASSERT_NE(under_test_, nullptr);
  const auto checked = store().check();
  ASSERT_TRUE(checked) << checked.error().describe();
}

void ObjectStoreConformance::put(const std::vector<std::string>& parts) {
  const auto done = store().put(ObjectPath(parts), bytes("x"));
  ASSERT_TRUE(done) << done.error().describe();
}

TEST_P(ObjectStoreConformance, AFreshStoreIsEmptyAndUsable) {
  EXPECT_TRUE(store().check());
  EXPECT_THAT(store().list({}).value(), IsEmpty());
  EXPECT_FALSE(store().description().empty());
}

TEST_P(ObjectStoreConformance, WhatWasPutIsGot) {
  const ObjectPath path({"1", "my db", "rules.pb"});
  EXPECT_EQ(store().get(path).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(store().put(path, bytes("a")));
  ASSERT_TRUE(store().put(path, bytes("bc")));
  EXPECT_EQ(text(store().get(path)), "bc");
  ASSERT_TRUE(store().put(path, {}));
  EXPECT_EQ(text(store().get(path)), "");
}

TEST_P(ObjectStoreConformance, LargeObjectsAreWhole) {
  const Bytes large = pattern(3'000'001);
  ASSERT_TRUE(store().put(ObjectPath({"large"}), large));
  EXPECT_TRUE(store().get(ObjectPath({"large"})).value() == large);
  EXPECT_EQ(store().size(ObjectPath({"large"})).value(), large.size());
}

TEST_P(ObjectStoreConformance, ARangeIsExactOrRefused) {
  const ObjectPath path({"x"});
  EXPECT_EQ(store().get_range(path, 0, 0).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(store().get_range(path, 0, 1).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(store().put(path, bytes("hello")));
  EXPECT_EQ(text(store().get_range(path, 1, 3)), "ell");
  EXPECT_EQ(text(store().get_range(path, 0, 5)), "hello");
  EXPECT_EQ(text(store().get_range(path, 5, 0)), "");
  EXPECT_EQ(store().get_range(path, 3, 3).error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(store().get_range(path, 5, 1).error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(store().get_range(path, 6, 0).error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(store().get_range(path, 1, UINT64_MAX).error().code(), ErrorCode::kInvalidInput);
}

TEST_P(ObjectStoreConformance, TheSizeIsThatOfTheObject) {
  const ObjectPath path({"f", "x"});
  EXPECT_EQ(store().size(path).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(store().put(path, bytes("hello")));
  EXPECT_EQ(store().size(path).value(), 5u);
  EXPECT_EQ(store().size(ObjectPath({"f"})).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(store().put(path, {}));
  EXPECT_EQ(store().size(path).value(), 0u);
}

TEST_P(ObjectStoreConformance, PutIfAbsentNeverReplaces) {
  const ObjectPath path({"a", "x"});
  ASSERT_TRUE(store().put_if_absent(path, bytes("first")));
  EXPECT_EQ(store().put_if_absent(path, bytes("second")).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(text(store().get(path)), "first");
  ASSERT_TRUE(store().remove(path));
  EXPECT_TRUE(store().put_if_absent(path, bytes("third")));
}

TEST_P(ObjectStoreConformance, OneOfManyWinsPutIfAbsent) {
  const ObjectPath path({"race", "x"});
  std::atomic<int> winners = 0;
  std::atomic<int> losers = 0;
  std::string won;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&, i] {
        const std::string mine = std::to_string(i);
        const auto done = store().put_if_absent(path, bytes(mine));
        if (done && winners++ == 0) won = mine;
        if (!done && done.error().code() == ErrorCode::kAlreadyExists) ++losers;
      });
  }
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(losers, 7);
  EXPECT_EQ(text(store().get(path)), won);
}

TEST_P(ObjectStoreConformance, RemovingWhatIsNotThereIsFine) {
  const ObjectPath path({"f", "x"});
  EXPECT_TRUE(store().remove(path));
  put({"f", "x"});
  EXPECT_TRUE(store().remove(ObjectPath({"f"})));  // a folder is no object
  EXPECT_EQ(text(store().get(path)), "x");
  EXPECT_TRUE(store().remove(path));
  EXPECT_TRUE(store().remove(path));
  EXPECT_EQ(store().get(path).error().code(), ErrorCode::kNotFound);
}

TEST_P(ObjectStoreConformance, AFolderIsNoObject) {
  put({"f", "g", "x"});
  EXPECT_EQ(store().get(ObjectPath({"f"})).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(store().get(ObjectPath({"f", "g", "x", "y"})).error().code(), ErrorCode::kNotFound);
}

TEST_P(ObjectStoreConformance, AnObjectNeedsANameOfBoundedLength) {
  for (const ObjectPath& path : {ObjectPath(), ObjectPath({std::string(kPartTextBytesMax + 1, 'x')}),
                                 ObjectPath(std::vector<std::string>(6, std::string(200, 'x')))}) {
    EXPECT_EQ(store().put(path, bytes("x")).error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(store().put_if_absent(path, bytes("x")).error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(store().start_put(path).error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(store().get(path).error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(store().get_range(path, 0, 1).error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(store().size(path).error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(store().remove(path).error().code(), ErrorCode::kInvalidInput);
  }
  EXPECT_THAT(store().list({}).value(), IsEmpty());
  put({std::string(kPartTextBytesMax, 'x')});
  put({std::string(200, 'x'), std::string(200, 'x'), std::string(200, 'x'), std::string(200, 'x'), "x"});
  EXPECT_EQ(store().list({}).value().size(), 2u);
}

// A path read from a listing is the path written, whatever bytes it has.
TEST_P(ObjectStoreConformance, NamesOfAnyBytesComeBackAsTheyWere) {
  std::string controls;
  for (char c = 1; c < ' '; ++c) controls += c;
  const std::vector<ObjectPath> paths = {
      ObjectPath({"odd", ""}),
      ObjectPath({"odd", "a/b", "c"}),
      ObjectPath({"odd", ".", ".."}),
      ObjectPath({"odd", "..", "."}),
      ObjectPath({"odd", "%"}),
      ObjectPath({"odd", "%2F"}),
      ObjectPath({"odd", "a b+c=d&e?f#g"}),
      ObjectPath({"odd", std::string("\0", 1)}),
      ObjectPath({"odd", controls}),
      ObjectPath({"odd", R"(\{^}`]">[~<|*)"}),
      ObjectPath({"odd", "größe \xF0\x9F\xA7\xB2 \xFF"}),
  };
  for (const ObjectPath& path : paths) {
    ASSERT_TRUE(store().put(path, bytes(path.text()))) << path.text();
    EXPECT_EQ(text(store().get(path)), path.text());
  }
  std::vector<ObjectPath> sorted = paths;
  std::ranges::sort(sorted);
  EXPECT_EQ(store().list(ObjectPath({"odd"})).value(), sorted);
  for (const ObjectPath& path : paths) ASSERT_TRUE(store().remove(path)) << path.text();
  EXPECT_THAT(store().list({}).value(), IsEmpty());
}

TEST_P(ObjectStoreConformance, AFolderListsItsObjectsAndFoldersInOrder) {
  EXPECT_THAT(store().list_folder(ObjectPath({"1"})).value().objects, IsEmpty());
  for (const auto& parts : PartLists{{"1", "b"},
                                     {"1", "a b"},
                                     {"1", "a"},
                                     {"1", "d/e", "x"},
                                     {"1", "..", "y"},
                                     {"1", "d", "x", "y"},
                                     {"10", "z"},
                                     {"2"}})
    put(parts);
  const FolderListing listing = store().list_folder(ObjectPath({"1"})).value();
  EXPECT_THAT(listing.objects, ElementsAre(ObjectPath({"1", "a"}), ObjectPath({"1", "a b"}), ObjectPath({"1", "b"})));
  EXPECT_THAT(listing.folders, ElementsAre("..", "d", "d/e"));
  const FolderListing root = store().list_folder({}).value();
  EXPECT_THAT(root.objects, ElementsAre(ObjectPath({"2"})));
  EXPECT_THAT(root.folders, ElementsAre("1", "10"));
  EXPECT_THAT(store().list_folder(ObjectPath({"3"})).value().folders, IsEmpty());
}

TEST_P(ObjectStoreConformance, AListingHasEverythingBelow) {
  for (const auto& parts : PartLists{{"1", "b"}, {"1", "c", "d", "e"}, {"1", "c", "f"}, {"12", "z"}}) put(parts);
  EXPECT_THAT(store().list(ObjectPath({"1"})).value(),
              ElementsAre(ObjectPath({"1", "b"}), ObjectPath({"1", "c", "d", "e"}), ObjectPath({"1", "c", "f"})));
  EXPECT_EQ(store().list({}).value().size(), 4u);
  EXPECT_THAT(store().list(ObjectPath({"1", "b"})).value(), IsEmpty());
  EXPECT_THAT(store().list(ObjectPath({"3"})).value(), IsEmpty());
}

TEST_P(ObjectStoreConformance, ANamePrefixChoosesObjectsAndFolders) {
  for (const auto& parts :
       PartLists{{"1", "ab"}, {"1", "abc"}, {"1", "abd", "x"}, {"1", "b", "abc"}, {"1", "a b"}, {"abc"}, {"1", ".abc"}})
    put(parts);
  const auto page = [&](std::string prefix, bool deep) {
    return store().list_page({.folder = ObjectPath({"1"}), .name_prefix = std::move(prefix), .deep = deep}).value();
  };
  EXPECT_THAT(texts(page("ab", false).objects), ElementsAre("1/ab", "1/abc"));
  EXPECT_THAT(page("ab", false).folders, ElementsAre("abd"));
  EXPECT_THAT(texts(page("ab", true).objects), ElementsAre("1/ab", "1/abc", "1/abd/x"));
  EXPECT_THAT(texts(page("a ", true).objects), ElementsAre("1/a%20b"));
  EXPECT_THAT(texts(page(".", true).objects), ElementsAre("1/%2Eabc"));
  EXPECT_THAT(page("x", false).objects, IsEmpty());
  EXPECT_THAT(page("x", false).folders, IsEmpty());
  EXPECT_THAT(texts(store().list_page({.folder = {}, .name_prefix = "a"}).value().objects), ElementsAre("abc"));
}

TEST_P(ObjectStoreConformance, AListingTellsSizes) {
  ASSERT_TRUE(store().put(ObjectPath({"1", "five"}), bytes("hello")));
  ASSERT_TRUE(store().put(ObjectPath({"1", "none"}), {}));
  const ListPage page = store().list_page({.folder = ObjectPath({"1"})}).value();
  ASSERT_THAT(page.objects, SizeIs(2));
  EXPECT_EQ(page.objects[0].size_bytes, 5u);
  EXPECT_EQ(page.objects[1].size_bytes, 0u);
}

// Names are chosen so that the order by text, which pages follow, is not the order by parts.
TEST_P(ObjectStoreConformance, PagesOfAnySizeAddUpInOrder) {
  for (const auto& parts : PartLists{{"p", "a", "1"},
                                     {"p", "a", "2", "x"},
                                     {"p", "a-b"},
                                     {"p", "a.b"},
                                     {"p", "a0"},
                                     {"p", "a b", "1"},
                                     {"p", "b"},
                                     {"p", "b c"},
                                     {"q"}})
    put(parts);
  const std::vector<std::string> deep = {"p/a%20b/1", "p/a-b", "p/a.b", "p/a/1", "p/a/2/x", "p/a0", "p/b", "p/b%20c"};
  const std::vector<std::string> objects = {"p/a-b", "p/a.b", "p/a0", "p/b", "p/b%20c"};
  for (size_t limit = 1; limit <= 9; ++limit) {
    for (const bool is_deep : {true, false}) {
      std::vector<std::string> found;
      std::vector<std::string> folders;
      ListRequest request{.folder = ObjectPath({"p"}), .deep = is_deep, .limit = limit};
      size_t pages = 0;
      do {
        const auto page = store().list_page(request);
        ASSERT_TRUE(page) << page.error().describe();
        EXPECT_LE(page->objects.size() + page->folders.size(), limit);
        std::ranges::move(texts(page->objects), std::back_inserter(found));
        std::ranges::copy(page->folders, std::back_inserter(folders));
        request.after = page->next;
        ASSERT_LE(++pages, 20u) << "no end";
      } while (!request.after.empty());
      EXPECT_EQ(found, is_deep ? deep : objects) << limit;
      if (is_deep) {
        EXPECT_THAT(folders, IsEmpty());
      } else {
        EXPECT_THAT(folders, ElementsAre("a b", "a"));
      }
    }
  }
}

TEST_P(ObjectStoreConformance, ManyObjectsAreListedCompletely) {
  const size_t count = GetParam().many_objects;
  {
    std::vector<std::jthread> threads;
    for (size_t first = 0; first < 4; ++first)
      threads.emplace_back([&, first] {
        for (size_t i = first; i < count; i += 4) put({"many", fmt::format("{:05}", i), "x"});
      });
  }
  EXPECT_THAT(store().list(ObjectPath({"many"})).value(), SizeIs(count));
  const FolderListing listing = store().list_folder(ObjectPath({"many"})).value();
  EXPECT_THAT(listing.folders, SizeIs(count));
  EXPECT_THAT(listing.objects, IsEmpty());
}

TEST_P(ObjectStoreConformance, AStreamedObjectAppearsWholeOnCommit) {
  const ObjectPath path({"s", "x"});
  ASSERT_TRUE(store().put(path, bytes("old")));
  Bytes all;
  {
    const auto writer = store().start_put(path).value();
    for (size_t piece = 0; piece < 40; ++piece) {
      const Bytes bytes = pattern(300'000 + piece, piece);
      ASSERT_TRUE(writer->append(bytes));
      all.insert(all.end(), bytes.begin(), bytes.end());
    }
    EXPECT_EQ(text(store().get(path)), "old");
    EXPECT_EQ(writer->size_bytes(), all.size());
    const auto committed = writer->commit();
    ASSERT_TRUE(committed) << committed.error().describe();
    EXPECT_EQ(writer->append(bytes("more")).error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_EQ(writer->commit().error().code(), ErrorCode::kFailedPrecondition);
  }
  EXPECT_TRUE(store().get(path).value() == all);
}

TEST_P(ObjectStoreConformance, SmallAndEmptyStreamsAreObjectsToo) {
  for (const std::string content : {"", "abc"}) {
    const ObjectPath path({"s", "small" + content});
    const auto writer = store().start_put(path).value();
    for (const char c : content) ASSERT_TRUE(writer->append(bytes(std::string(1, c))));
    ASSERT_TRUE(writer->commit());
    EXPECT_EQ(text(store().get(path)), content);
  }
}

TEST_P(ObjectStoreConformance, AStreamThatIsGivenUpLeavesNothing) {
  for (const size_t size : {size_t{0}, size_t{1'000}, size_t{12'000'000}}) {
    const auto writer = store().start_put(ObjectPath({"s", "x"})).value();
    ASSERT_TRUE(writer->append(pattern(size)));
  }
  EXPECT_EQ(store().get(ObjectPath({"s", "x"})).error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(store().list({}).value(), IsEmpty());
}

TEST_P(ObjectStoreConformance, AStreamOfAnotherLengthThanDeclaredIsRefused) {
  const ObjectPath path({"s", "x"});
  {
    const auto writer = store().start_put(path).value();
    writer->declare_size(5);
    ASSERT_TRUE(writer->append(bytes("hell")));
    EXPECT_EQ(writer->commit().error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(writer->append(bytes("o")).error().code(), ErrorCode::kFailedPrecondition);
  }
  {
    const auto writer = store().start_put(path).value();
    writer->declare_size(5);
    ASSERT_TRUE(writer->append(bytes("hello")));
    EXPECT_EQ(writer->append(bytes("!")).error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(writer->commit().error().code(), ErrorCode::kFailedPrecondition);
  }
  EXPECT_EQ(store().get(path).error().code(), ErrorCode::kNotFound);
  const auto writer = store().start_put(path).value();
  writer->declare_size(5);
  ASSERT_TRUE(writer->append(bytes("hello")));
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(text(store().get(path)), "hello");
}

TEST_P(ObjectStoreConformance, ReadersSeeOneWholeVersionWhileItIsReplaced) {
  const ObjectPath path({"r", "x"});
  const std::string a(60'000, 'a');
  const std::string b(70'000, 'b');
  ASSERT_TRUE(store().put(path, bytes(a)));
  std::atomic<bool> stop = false;
  std::jthread writer([&] {
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(store().put(path, bytes(i % 2 == 0 ? b : a)));
    stop = true;
  });
  while (!stop) {
    const std::string found = text(store().get(path));
    EXPECT_TRUE(found == a || found == b) << found.substr(0, 100);
    const auto range = store().get_range(path, 0, 60'000);
    ASSERT_TRUE(range) << range.error().describe();
  }
}

}  // namespace magnetite::object_store::testing
