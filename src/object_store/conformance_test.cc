// What every object store does.
#include <gmock/gmock.h>

#include <filesystem>
#include <thread>

#include "base/sim/sim_disk.h"
#include "model/ids.h"
#include "object_store/file/file_store.h"
#include "object_store/memory/memory_store.h"
#include "object_store/testing/text.h"

namespace magnetite::object_store {
namespace {

using testing::bytes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::text;

class ObjectStoreConformance : public ::testing::TestWithParam<std::string> {
 protected:
  ObjectStoreConformance() : root_(::testing::TempDir() + "store-" + model::Uuid::random().text()) {
    if (GetParam() == "memory") {
      store_ = make_memory_store();
      return;
    }
    disk_ = GetParam() == "file" ? make_posix_disk() : std::make_unique<sim::SimDisk>();
    store_ = make_file_store(*disk_, root_ + "/deep/er");
  }
  ~ObjectStoreConformance() override { std::filesystem::remove_all(root_); }

  void put(const std::vector<std::string>& parts) { ASSERT_TRUE(store_->put(ObjectPath(parts), bytes("x"))); }

  const std::string root_;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_P(ObjectStoreConformance, ACheckedStoreIsEmptyAndUsable) {
  ASSERT_TRUE(store_->check());
  ASSERT_TRUE(store_->check());
  EXPECT_THAT(store_->list({}).value(), IsEmpty());
  EXPECT_FALSE(store_->description().empty());
}

TEST_P(ObjectStoreConformance, WhatWasPutIsGot) {
  const ObjectPath path({"1", "my db", "rules.pb"});
  EXPECT_EQ(store_->get(path).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(store_->put(path, bytes("a")));
  ASSERT_TRUE(store_->put(path, bytes("bc")));
  EXPECT_EQ(text(store_->get(path)), "bc");
  ASSERT_TRUE(store_->put(path, {}));
  EXPECT_EQ(text(store_->get(path)), "");
}

TEST_P(ObjectStoreConformance, LargeObjectsAreWhole) {
  Bytes large(3'000'001);
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<std::byte>(i * 7 / 3);
  ASSERT_TRUE(store_->put(ObjectPath({"large"}), large));
  EXPECT_TRUE(store_->get(ObjectPath({"large"})).value() == large);
}

TEST_P(ObjectStoreConformance, ARangeIsExactOrRefused) {
  const ObjectPath path({"x"});
  EXPECT_EQ(store_->get_range(path, 0, 0).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(store_->put(path, bytes("hello")));
  EXPECT_EQ(text(store_->get_range(path, 1, 3)), "ell");
  EXPECT_EQ(text(store_->get_range(path, 0, 5)), "hello");
  EXPECT_EQ(text(store_->get_range(path, 5, 0)), "");
  EXPECT_EQ(store_->get_range(path, 3, 3).error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(store_->get_range(path, 6, 0).error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(store_->get_range(path, 1, UINT64_MAX).error().code(), ErrorCode::kInvalidInput);
}

TEST_P(ObjectStoreConformance, PutIfAbsentNeverReplaces) {
  const ObjectPath path({"a", "x"});
  ASSERT_TRUE(store_->put_if_absent(path, bytes("first")));
  EXPECT_EQ(store_->put_if_absent(path, bytes("second")).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(text(store_->get(path)), "first");
  ASSERT_TRUE(store_->remove(path));
  EXPECT_TRUE(store_->put_if_absent(path, bytes("third")));
}

TEST_P(ObjectStoreConformance, RemovingWhatIsNotThereIsFine) {
  const ObjectPath path({"f", "x"});
  EXPECT_TRUE(store_->remove(path));
  put({"f", "x"});
  EXPECT_TRUE(store_->remove(ObjectPath({"f"})));  // a folder is no object
  EXPECT_EQ(text(store_->get(path)), "x");
  EXPECT_TRUE(store_->remove(path));
  EXPECT_TRUE(store_->remove(path));
  EXPECT_EQ(store_->get(path).error().code(), ErrorCode::kNotFound);
}

TEST_P(ObjectStoreConformance, AFolderIsNoObject) {
  put({"f", "g", "x"});
  EXPECT_EQ(store_->get(ObjectPath({"f"})).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(store_->get(ObjectPath({"f", "g", "x", "y"})).error().code(), ErrorCode::kNotFound);
}

TEST_P(ObjectStoreConformance, AnObjectNeedsAName) {
  for (const ObjectPath& path : {ObjectPath(), ObjectPath({"a", ""}), ObjectPath({"", "a"})}) {
    EXPECT_EQ(store_->put(path, bytes("x")).error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(store_->put_if_absent(path, bytes("x")).error().code(), ErrorCode::kInvalidInput);
  }
  EXPECT_THAT(store_->list({}).value(), IsEmpty());
}

TEST_P(ObjectStoreConformance, AFolderListsItsObjectsAndFoldersInOrder) {
  EXPECT_THAT(store_->list_folder(ObjectPath({"1"})).value().objects, IsEmpty());
  for (const auto& parts : std::vector<std::vector<std::string>>{{"1", "b"},
                                                                 {"1", "a b"},
                                                                 {"1", "a"},
                                                                 {"1", "d/e", "x"},
                                                                 {"1", "..", "y"},
                                                                 {"1", "d", "x", "y"},
                                                                 {"10", "z"},
                                                                 {"2"}})
    put(parts);
  const FolderListing listing = store_->list_folder(ObjectPath({"1"})).value();
  EXPECT_THAT(listing.objects, ElementsAre(ObjectPath({"1", "a"}), ObjectPath({"1", "a b"}), ObjectPath({"1", "b"})));
  EXPECT_THAT(listing.folders, ElementsAre("..", "d", "d/e"));
  const FolderListing root = store_->list_folder({}).value();
  EXPECT_THAT(root.objects, ElementsAre(ObjectPath({"2"})));
  EXPECT_THAT(root.folders, ElementsAre("1", "10"));
}

TEST_P(ObjectStoreConformance, AListingHasEverythingBelow) {
  for (const auto& parts :
       std::vector<std::vector<std::string>>{{"1", "b"}, {"1", "c", "d", "e"}, {"1", "c", "f"}, {"12", "z"}})
    put(parts);
  EXPECT_THAT(store_->list(ObjectPath({"1"})).value(),
              ElementsAre(ObjectPath({"1", "b"}), ObjectPath({"1", "c", "d", "e"}), ObjectPath({"1", "c", "f"})));
  EXPECT_EQ(store_->list({}).value().size(), 4u);
  EXPECT_THAT(store_->list(ObjectPath({"1", "b"})).value(), IsEmpty());
  EXPECT_THAT(store_->list(ObjectPath({"3"})).value(), IsEmpty());
}

TEST_P(ObjectStoreConformance, AFolderGoesWithItsLastObject) {
  put({"1", "db", "x", "y"});
  ASSERT_TRUE(store_->remove(ObjectPath({"1", "db", "x", "y"})));
  EXPECT_THAT(store_->list_folder(ObjectPath({"1"})).value().folders, IsEmpty());
  EXPECT_THAT(store_->list({}).value(), IsEmpty());
}

TEST_P(ObjectStoreConformance, AnyBytesMakeANameOfTheirOwn) {
  const std::vector<std::string> names = {
      "a", "A", "%61", ".a", "..", ".tmp-x", "a/b", "a\\b", std::string("a\0b", 3), "ü", "\xFF", " "};
  for (const std::string& name : names) ASSERT_TRUE(store_->put(ObjectPath({"f", name}), bytes(name)));
  for (const std::string& name : names) EXPECT_EQ(text(store_->get(ObjectPath({"f", name}))), name);
  EXPECT_EQ(store_->list_folder(ObjectPath({"f"})).value().objects.size(), names.size());
}

TEST_P(ObjectStoreConformance, OneOfManyWinsPutIfAbsent) {
  const ObjectPath path({"race", "x"});
  std::atomic<int> winners = 0;
  std::string won;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&, i] {
        const std::string mine = std::to_string(i);
        if (store_->put_if_absent(path, bytes(mine)) && winners++ == 0) won = mine;
      });
  }
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(text(store_->get(path)), won);
}

INSTANTIATE_TEST_SUITE_P(All, ObjectStoreConformance, ::testing::Values("memory", "file", "file_on_simulated_disk"),
                         [](const auto& param) { return param.param; });

}  // namespace
}  // namespace magnetite::object_store
