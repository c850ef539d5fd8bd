#include "object_store/file/file_store.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <set>

#include "base/sim/sim_disk.h"
#include "base/sim/sim_executor.h"
#include "model/ids.h"
#include "object_store/testing/text.h"

namespace magnetite::object_store {
namespace {

using sim::DiskOperation;
using sim::FaultEffect;
using testing::bytes;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::text;

std::unique_ptr<ObjectStore> make_checked_store(sim::SimDisk& disk) {
  auto store = make_file_store(disk, "store");
  EXPECT_TRUE(store->check());
  return store;
}

TEST(FileStore, AFolderThatCannotBeUsedIsNamedAtOnce) {
  const auto disk = make_posix_disk();
  const auto checked = make_file_store(*disk, "/proc/magnetite")->check();
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message(), HasSubstr("object store /proc/magnetite cannot be used"));
}

TEST(FileStore, ADiskWithoutHardLinksIsRefusedAtOnce) {
  sim::SimDisk disk;
  disk.fail_next({.operation = DiskOperation::kLink});
  EXPECT_FALSE(make_file_store(disk, "store")->check());
}

TEST(FileStore, FilesOfOthersAreNotListed) {
  sim::SimDisk disk;
  const auto store = make_checked_store(disk);
  ASSERT_TRUE(store->put(ObjectPath({"1", "x"}), bytes("x")));
  for (const char* name : {"store/1/.tmp-1234", "store/1/a b", "store/1/%zz", "store/1/%41"})
    ASSERT_TRUE(disk.overwrite(name, "?"));
  EXPECT_EQ(store->list({}).value(), std::vector{ObjectPath({"1", "x"})});
}

TEST(FileStore, WhatInterruptedPutsLeftBehindGoesAwayAtTheNextStart) {
  sim::SimDisk disk;
  std::unique_ptr<ObjectWriter> interrupted;
  {
    const auto store = make_checked_store(disk);
    interrupted = store->start_put(ObjectPath({"x"})).value();
    ASSERT_TRUE(interrupted->append(bytes("half")));
    ASSERT_TRUE(store->check());  // of the same process: it is still being written
    EXPECT_THAT(disk.list("store/.tmp").value(), SizeIs(1));
  }
  const auto store = make_checked_store(disk);
  EXPECT_THAT(disk.list("store/.tmp").value(), IsEmpty());
  EXPECT_THAT(store->list({}).value(), IsEmpty());
}

TEST(FileStore, AFullDiskLeavesTheOldObjectAndNoLeftover) {
  sim::SimDisk disk;
  const auto store = make_checked_store(disk);
  const ObjectPath path({"x"});
  ASSERT_TRUE(store->put(path, bytes("old")));
  const sim::Fault full{
      .operation = DiskOperation::kWrite, .code = ErrorCode::kResourceExhausted, .effect = FaultEffect::kPartial};
  disk.fail_next(full);
  EXPECT_EQ(store->put(path, bytes("new")).error().code(), ErrorCode::kResourceExhausted);
  disk.fail_next(full);
  EXPECT_EQ(store->put_if_absent(ObjectPath({"y"}), bytes("new")).error().code(), ErrorCode::kResourceExhausted);
  {
    const auto writer = store->start_put(path).value();
    ASSERT_TRUE(writer->append(bytes("ne")));
    disk.fail_next(full);
    EXPECT_EQ(writer->append(bytes("w")).error().code(), ErrorCode::kResourceExhausted);
    EXPECT_EQ(writer->commit().error().code(), ErrorCode::kFailedPrecondition);
  }
  EXPECT_EQ(text(store->get(path)), "old");
  EXPECT_EQ(store->list({}).value(), std::vector{path});
  EXPECT_THAT(disk.list("store/.tmp").value(), IsEmpty());
}

TEST(FileStore, APutThatMayHaveBeenDoneIsUnclear) {
  for (const DiskOperation operation : {DiskOperation::kRename, DiskOperation::kLink, DiskOperation::kSyncDirectory}) {
    sim::SimDisk disk;
    const auto store = make_checked_store(disk);
    disk.fail_next({.operation = operation, .path_part = "store", .effect = FaultEffect::kDone});
    const auto outcome = operation == DiskOperation::kLink ? store->put_if_absent(ObjectPath({"x"}), bytes("v"))
                                                           : store->put(ObjectPath({"x"}), bytes("v"));
    EXPECT_EQ(outcome.error().code(), ErrorCode::kUnclear) << to_string(operation);
    EXPECT_EQ(text(store->get(ObjectPath({"x"}))), "v");
  }
}

TEST(FileStore, AFolderThatCannotBeReadIsAnErrorNotAnEmptyListing) {
  sim::SimDisk disk;
  const auto store = make_checked_store(disk);
  ASSERT_TRUE(store->put(ObjectPath({"1", "x"}), bytes("x")));
  disk.fail_next({.operation = DiskOperation::kList, .count = 2, .path_part = "store"});
  EXPECT_EQ(store->list({}).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(store->list_folder({}).error().code(), ErrorCode::kUnavailable);
  disk.fail_next({.operation = DiskOperation::kList, .count = 2, .path_part = "store/1"});
  EXPECT_EQ(store->list({}).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(store->list_folder({}).error().code(), ErrorCode::kUnavailable);
}

// An unmounted disk looks like a folder that never was: that is no empty store.
TEST(FileStore, AStoreWhoseFolderIsGoneIsNotEmpty) {
  const std::string root = ::testing::TempDir() + "store-" + model::Uuid::random().text();
  const auto disk = make_posix_disk();
  const auto store = make_file_store(*disk, root);
  ASSERT_TRUE(store->check());
  ASSERT_TRUE(store->put(ObjectPath({"1", "x"}), bytes("x")));
  std::filesystem::remove_all(root);
  EXPECT_EQ(store->list({}).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(store->list_folder(ObjectPath({"1"})).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(store->get(ObjectPath({"1", "x"})).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(store->put(ObjectPath({"1", "x"}), bytes("y")).error().code(), ErrorCode::kUnavailable);
  EXPECT_FALSE(std::filesystem::exists(root));
}

TEST(FileStore, NestedFoldersAreMadeForAnObject) {
  sim::SimDisk disk;
  const auto store = make_checked_store(disk);
  ASSERT_TRUE(store->put(ObjectPath({"1", "db", "2026", "x.parquet"}), bytes("x")));
  EXPECT_EQ(disk.read_durable("store/1/db/2026/x.parquet").value(), "x");
}

TEST(FileStore, AnObjectIsAsOldAsItsBytes) {
  sim::SimExecutor executor(1);
  sim::SimDisk disk(&executor);
  executor.run([&] {
    const auto store = make_checked_store(disk);
    executor.pause(std::chrono::seconds(5));
    const WallTime before = executor.clock().wall_now();
    ASSERT_TRUE(store->put(ObjectPath({"x"}), bytes("x")));
    EXPECT_EQ(store->list_page({}).value().objects.front().last_modified, before);
  });
}

// Who reads "already exists" counts on that object, so it must not vanish.
TEST(FileStore, AnObjectThatAlreadyExistsIsDurable) {
  sim::SimDisk disk;
  const auto store = make_checked_store(disk);
  const ObjectPath path({"x"});
  disk.fail_next({.operation = DiskOperation::kSyncDirectory, .path_part = "store"});
  ASSERT_EQ(store->put_if_absent(path, bytes("first")).error().code(), ErrorCode::kUnclear);
  ASSERT_EQ(store->put_if_absent(path, bytes("first")).error().code(), ErrorCode::kAlreadyExists);
  disk.power_cut({.writes = sim::Survival::kNone, .names = sim::Survival::kNone});
  EXPECT_EQ(text(store->get(path)), "first");
}

Result<> stream(ObjectStore& store, const ObjectPath& path, std::string_view value) {
  MAGNETITE_TRY(const std::unique_ptr<ObjectWriter> writer, store.start_put(path));
  MAGNETITE_RETURN_IF_ERROR(writer->append(bytes(value.substr(0, value.size() / 2))));
  MAGNETITE_RETURN_IF_ERROR(writer->append(bytes(value.substr(value.size() / 2))));
  return writer->commit();
}

// The power fails during each change a history makes: afterwards each object is whole, acknowledged ones are there,
// removed ones stay away, and what was in flight may be either.
TEST(FileStore, APowerCutAtAnyMomentTearsNothing) {
  struct Step {
    enum { kPut, kPutIfAbsent, kStream, kRemove } kind;
    ObjectPath path;
    std::string value = {};
  };
  const ObjectPath a({"1", "a"});
  const ObjectPath b({"1", "db", "b"});
  const std::string large(5000, 'L');
  const std::vector<Step> history = {{Step::kPut, a, "1"},
                                     {Step::kPutIfAbsent, b, large},
                                     {Step::kPut, a, large},
                                     {Step::kPutIfAbsent, b, "2"},
                                     {Step::kStream, b, large + "3"},
                                     {Step::kRemove, a},
                                     {Step::kPutIfAbsent, a, "4"},
                                     {Step::kRemove, b}};
  constexpr std::string_view kAbsent = "absent";
  for (uint64_t cut = 1, ended = 0; ended == 0; ++cut) {
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      sim::SimDisk disk(nullptr, seed);
      auto store = make_checked_store(disk);
      disk.power_off_at_change(disk.changes() + cut);
      std::map<ObjectPath, std::set<std::string>> possible = {{a, {std::string(kAbsent)}}, {b, {std::string(kAbsent)}}};
      bool completed = true;
      for (const Step& step : history) {
        const std::string after = step.kind == Step::kRemove ? std::string(kAbsent) : step.value;
        const Result<> done = step.kind == Step::kPut           ? store->put(step.path, bytes(step.value))
                              : step.kind == Step::kPutIfAbsent ? store->put_if_absent(step.path, bytes(step.value))
                              : step.kind == Step::kStream      ? stream(*store, step.path, step.value)
                                                                : store->remove(step.path);
        std::set<std::string>& values = possible[step.path];
        if (!done && done.error().code() == ErrorCode::kAlreadyExists) continue;
        if (done) {
          values = {after};
          continue;
        }
        values.insert(after);
        completed = false;
        break;
      }
      if (disk.is_on()) disk.power_off();
      disk.power_on();
      disk.power_off_at_change(0);
      for (const auto& [path, values] : possible) {
        const auto found = store->get(path);
        const std::string value =
            !found && found.error().code() == ErrorCode::kNotFound ? std::string(kAbsent) : text(found);
        EXPECT_TRUE(values.contains(value))
            << "cut " << cut << " seed " << seed << " " << path.text() << ": " << value.substr(0, 40);
      }
      store = make_checked_store(disk);
      EXPECT_THAT(disk.list("store/.tmp").value(), IsEmpty());
      ASSERT_TRUE(store->put(a, bytes("after")));
      EXPECT_EQ(text(store->get(a)), "after");
      if (completed) ++ended;
    }
  }
}

}  // namespace
}  // namespace magnetite::object_store
