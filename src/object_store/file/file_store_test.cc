#include "object_store/file/file_store.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "base/sim/sim_disk.h"
#include "object_store/testing/text.h"

namespace magnetite::object_store {
namespace {

using sim::DiskOperation;
using sim::FaultEffect;
using testing::bytes;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::text;

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

TEST(FileStore, LeftoversAndFilesOfOthersAreNotListed) {
  sim::SimDisk disk;
  const auto store = make_file_store(disk, "store");
  ASSERT_TRUE(store->put(ObjectPath({"1", "x"}), bytes("x")));
  for (const char* name : {"store/1/.tmp-1234", "store/1/a b", "store/1/%zz", "store/1/%41"})
    ASSERT_TRUE(disk.overwrite(name, "?"));
  EXPECT_EQ(store->list({}).value(), std::vector{ObjectPath({"1", "x"})});
}

TEST(FileStore, AFullDiskLeavesTheOldObjectAndNoLeftover) {
  sim::SimDisk disk;
  const auto store = make_file_store(disk, "store");
  ASSERT_TRUE(store->put(ObjectPath({"x"}), bytes("old")));
  disk.fail_next(
      {.operation = DiskOperation::kWrite, .code = ErrorCode::kResourceExhausted, .effect = FaultEffect::kPartial});
  EXPECT_EQ(store->put(ObjectPath({"x"}), bytes("new")).error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(text(store->get(ObjectPath({"x"}))), "old");
  EXPECT_EQ(disk.list("store").value().size(), 1u);
}

TEST(FileStore, APutThatMayHaveBeenDoneIsUnclear) {
  for (const DiskOperation operation : {DiskOperation::kRename, DiskOperation::kLink, DiskOperation::kSyncDirectory}) {
    sim::SimDisk disk;
    const auto store = make_file_store(disk, "store");
    ASSERT_TRUE(store->check());
    disk.fail_next({.operation = operation, .path_part = "store", .effect = FaultEffect::kDone});
    const auto outcome = operation == DiskOperation::kLink ? store->put_if_absent(ObjectPath({"x"}), bytes("v"))
                                                           : store->put(ObjectPath({"x"}), bytes("v"));
    EXPECT_EQ(outcome.error().code(), ErrorCode::kUnclear) << to_string(operation);
    EXPECT_EQ(text(store->get(ObjectPath({"x"}))), "v");
  }
}

// Who reads "already exists" counts on that object, so it must not vanish.
TEST(FileStore, AnObjectThatAlreadyExistsIsDurable) {
  sim::SimDisk disk;
  const auto store = make_file_store(disk, "store");
  ASSERT_TRUE(store->check());
  const ObjectPath path({"x"});
  disk.fail_next({.operation = DiskOperation::kSyncDirectory, .path_part = "store"});
  ASSERT_EQ(store->put_if_absent(path, bytes("first")).error().code(), ErrorCode::kUnclear);
  ASSERT_EQ(store->put_if_absent(path, bytes("first")).error().code(), ErrorCode::kAlreadyExists);
  disk.power_cut({.writes = sim::Survival::kNone, .names = sim::Survival::kNone});
  EXPECT_EQ(text(store->get(path)), "first");
}

// The power fails during each change a history makes: afterwards each object is whole, acknowledged ones are there,
// removed ones stay away, and what was in flight may be either.
TEST(FileStore, APowerCutAtAnyMomentTearsNothing) {
  struct Step {
    enum { kPut, kPutIfAbsent, kRemove } kind;
    ObjectPath path;
    std::string value = {};
  };
  const ObjectPath a({"1", "a"});
  const ObjectPath b({"1", "db", "b"});
  const std::string large(5000, 'L');
  const std::vector<Step> history = {{Step::kPut, a, "1"},         {Step::kPutIfAbsent, b, large},
                                     {Step::kPut, a, large},       {Step::kPutIfAbsent, b, "2"},
                                     {Step::kPut, b, "3"},         {Step::kRemove, a},
                                     {Step::kPutIfAbsent, a, "4"}, {Step::kRemove, b}};
  constexpr std::string_view kAbsent = "absent";
  for (uint64_t cut = 1, ended = 0; ended == 0; ++cut) {
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      sim::SimDisk disk(nullptr, seed);
      const auto store = make_file_store(disk, "store");
      disk.power_off_at_change(cut);
      std::map<ObjectPath, std::set<std::string>> possible = {{a, {std::string(kAbsent)}}, {b, {std::string(kAbsent)}}};
      bool completed = true;
      for (const Step& step : history) {
        const std::string after = step.kind == Step::kRemove ? std::string(kAbsent) : step.value;
        const Result<> done = step.kind == Step::kPut           ? store->put(step.path, bytes(step.value))
                              : step.kind == Step::kPutIfAbsent ? store->put_if_absent(step.path, bytes(step.value))
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
      ASSERT_TRUE(store->check());
      ASSERT_TRUE(store->put(a, bytes("after")));
      EXPECT_EQ(text(store->get(a)), "after");
      if (completed) ++ended;
    }
  }
}

}  // namespace
}  // namespace magnetite::object_store
