#include "object_store/object_store.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "model/ids.h"
#include "object_store/file/file_store.h"
#include "object_store/memory/memory_store.h"

namespace magnetite::object_store {
namespace {

Bytes bytes(std::string_view text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

class ObjectStoreConformance : public testing::TestWithParam<const char*> {
 protected:
  ObjectStoreConformance() : disk_(make_posix_disk()), root_(testing::TempDir() + "store-" + model::Uuid::random().text()) {
    store_ = std::string_view(GetParam()) == "memory" ? make_memory_store() : make_file_store(*disk_, root_);
  }
  ~ObjectStoreConformance() override { std::filesystem::remove_all(root_); }

  std::unique_ptr<Disk> disk_;
  std::string root_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_P(ObjectStoreConformance, WhatWasPutIsGot) {
  ASSERT_TRUE(store_->check());
  const ObjectPath path({"1", "my db", "rules.pb"});
  EXPECT_EQ(store_->get(path).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(store_->put(path, bytes("a")));
  ASSERT_TRUE(store_->put(path, bytes("bc")));
  EXPECT_EQ(store_->get(path).value(), bytes("bc"));
  ASSERT_TRUE(store_->put(path, {}));
  EXPECT_TRUE(store_->get(path).value().empty());
}

TEST_P(ObjectStoreConformance, PutIfAbsentNeverReplaces) {
  const ObjectPath path({"x"});
  ASSERT_TRUE(store_->put_if_absent(path, bytes("first")));
  EXPECT_EQ(store_->put_if_absent(path, bytes("second")).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(store_->get(path).value(), bytes("first"));
}

TEST_P(ObjectStoreConformance, RemovingWhatIsNotThereIsFine) {
  const ObjectPath path({"f", "x"});
  EXPECT_TRUE(store_->remove(path));
  ASSERT_TRUE(store_->put(path, bytes("a")));
  EXPECT_TRUE(store_->remove(path));
  EXPECT_FALSE(store_->get(path));
}

TEST_P(ObjectStoreConformance, AFolderListsItsObjectsAndFolders) {
  EXPECT_TRUE(store_->list_folder(ObjectPath({"1"})).value().objects.empty());
  for (const auto& parts : std::vector<std::vector<std::string>>{{"1", "b"}, {"1", "a"}, {"1", "d/e", "x"}, {"1", "..", "y"}, {"2", "z"}})
    ASSERT_TRUE(store_->put(ObjectPath(parts), bytes("x")));
  const FolderListing listing = store_->list_folder(ObjectPath({"1"})).value();
  EXPECT_THAT(listing.objects, testing::UnorderedElementsAre(ObjectPath({"1", "a"}), ObjectPath({"1", "b"})));
  EXPECT_THAT(listing.folders, testing::UnorderedElementsAre("d/e", ".."));
}

INSTANTIATE_TEST_SUITE_P(All, ObjectStoreConformance, testing::Values("memory", "file"));

TEST(ObjectPath, AnyBytesRoundTrip) {
  const ObjectPath path({".", "..", "a/b", "%41", "ü\n\0x", " ", ".hidden", "a.b"});
  EXPECT_EQ(ObjectPath::parse(path.text()).value(), path);
  EXPECT_FALSE(ObjectPath::parse("a//b"));
  EXPECT_FALSE(ObjectPath::parse("%4"));
  EXPECT_FALSE(ObjectPath::parse("%zz"));
}

TEST(FileStore, AFolderThatCannotBeUsedIsNamedAtOnce) {
  const auto disk = make_posix_disk();
  const auto store = make_file_store(*disk, "/proc/magnetite");
  const auto checked = store->check();
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message(), testing::HasSubstr("object store /proc/magnetite cannot be used"));
}

}  // namespace
}  // namespace magnetite::object_store
