// Deleting databases and bringing them back, and remaking their catalogs.
#include "server/database_admin.h"

#include <gmock/gmock.h>

#include "server/testing/server_fixture.h"

namespace magnetite::server {
namespace {

using object_store::testing::StoreCall;
using object_store::testing::StoreFaultEffect;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DatabaseAdminTest : public testing::ServerTest {
 protected:
  std::vector<std::string> objects() {
    std::vector<std::string> texts;
    for (const auto& path : memory_store_->list(object_store::ObjectPath({"1"})).value()) texts.push_back(path.text());
    return texts;
  }
  std::vector<std::string> deleted() {
    std::vector<std::string> names;
    for (const DeletedDatabase& each : server_->deleted_databases().value()) names.push_back(each.rules.name);
    return names;
  }
  jobs::JobStatus end_of(const Result<jobs::JobId>& job) { return *server_->jobs().wait(*job, kNever); }
  void persist(const std::string& database) {
    for (const database::ChunkInfo& chunk : server_->chunks(database).value()) {
      const auto job = server_->perform(
          database, {chunk.address.table, chunk.address.partition_key, lifecycle::Persist{}, "asked for"});
      ASSERT_TRUE(job) << job.error().describe();
      EXPECT_EQ(end_of(**job).state, jobs::JobState::kSucceeded);
    }
  }
  void break_catalog(const std::string& database) {
    for (const auto& path : memory_store_->list(object_store::ObjectPath({"1", database})).value()) {
      if (!path.text().contains("/catalog/")) continue;
      const std::string garbage = "garbage";
      ASSERT_TRUE(memory_store_->put(path, std::as_bytes(std::span(garbage))));
    }
  }
};

TEST_F(DatabaseAdminTest, ADeletedDatabaseIsGoneAndComesBackWithAllItsRows) {
  run([this] {
    start();
    ASSERT_TRUE(write("db", "m v=1i 1"));
    persist("db");
    ASSERT_TRUE(write("db", "m v=2i 2"));
    ASSERT_TRUE(server_->delete_database("db", {}));
    EXPECT_THAT(server_->database_names(), IsEmpty());
    EXPECT_EQ(server_->rules("db").error().code(), ErrorCode::kNotFound);
    EXPECT_THAT(deleted(), ElementsAre("db"));
    const auto refused = write("db", "m v=3i 3");
    ASSERT_FALSE(refused) << "a write does not begin a database over one that is kept";
    EXPECT_THAT(refused.error().message(), HasSubstr("magnetite database restore"));

    ASSERT_TRUE(server_->restore_database("db", {}));
    EXPECT_EQ(status("db").rows, 2u) << "from its file and from its log";
    EXPECT_THAT(deleted(), IsEmpty());
    EXPECT_TRUE(write("db", "m v=3i 3"));
    stop();
    start();
    EXPECT_EQ(status("db").rows, 3u);
    EXPECT_THAT(deleted(), IsEmpty());
    stop();
  });
}

TEST_F(DatabaseAdminTest, WhatIsKeptIsKeptOverARestartAndItsNameMayBeTakenAnew) {
  run([this] {
    start();
    ASSERT_TRUE(write("db", "m v=1i 1"));
    const auto first = server_->delete_database("db", {});
    ASSERT_TRUE(first);
    stop();
    start();
    EXPECT_THAT(deleted(), ElementsAre("db"));
    ASSERT_TRUE(server_->create_database(model::default_rules("db")));
    ASSERT_TRUE(write("db", "m v=1i 1\nm v=2i 2"));
    EXPECT_EQ(status("db").rows, 2u) << "nothing of the old one";
    EXPECT_EQ(server_->restore_database("db", {}).error().code(), ErrorCode::kAlreadyExists);
    ASSERT_TRUE(server_->delete_database("db", {}));
    EXPECT_THAT(deleted(), ElementsAre("db", "db"));
    ASSERT_TRUE(server_->restore_database("db", first->rules.uuid));
    EXPECT_EQ(status("db").rows, 1u);
    stop();
  });
}

TEST_F(DatabaseAdminTest, WhenItsTimeIsOverEverythingOfItIsRemovedAndNothingElse) {
  run([this] {
    start();
    ASSERT_TRUE(write("db", "m v=1i 1"));
    persist("db");
    ASSERT_TRUE(write("other", "m v=1i 1"));
    persist("other");
    const std::vector<std::string> before = objects();
    const auto gone = server_->delete_database("db", std::chrono::hours(1));
    ASSERT_TRUE(gone);
    const std::string log = "log/" + gone->rules.uuid.text();
    EXPECT_TRUE(*disk_.exists(log));
    executor_.pause(std::chrono::minutes(59));
    EXPECT_THAT(objects(), Contains(HasSubstr("/db/")));
    executor_.pause(std::chrono::minutes(5));
    EXPECT_THAT(objects(), Not(Contains(HasSubstr("/db/"))));
    EXPECT_THAT(objects(), Not(Contains(HasSubstr("deleted-"))));
    EXPECT_FALSE(*disk_.exists(log));
    EXPECT_THAT(deleted(), IsEmpty());
    for (const std::string& object : before) {
      if (!object.contains("/other/")) continue;
      EXPECT_THAT(objects(), Contains(object));
    }
    EXPECT_TRUE(write("db", "m v=1i 1")) << "the name is nobody's again";
    stop();
  });
}

TEST_F(DatabaseAdminTest, APurgeThatFailsGoesOn) {
  run([this] {
    start();
    ASSERT_TRUE(write("db", "m v=1i 1"));
    persist("db");
    store_.fail_next({.call = StoreCall::kRemove, .count = 2, .after = 2});
    ASSERT_TRUE(server_->delete_database("db", Duration::zero()));
    executor_.pause(std::chrono::seconds(1));
    EXPECT_THAT(deleted(), ElementsAre("db"));
    executor_.pause(std::chrono::minutes(5));
    EXPECT_THAT(objects(), IsEmpty());
    stop();
  });
}

// The record of a restored database may outlive the restoring; the database must outlive the record.
TEST_F(DatabaseAdminTest, ARestoredDatabaseIsNeverPurged) {
  run([this] {
    start();
    ASSERT_TRUE(write("db", "m v=1i 1"));
    persist("db");
    ASSERT_TRUE(server_->delete_database("db", std::chrono::hours(1)));
    store_.fail_next({.call = StoreCall::kRemove, .path_part = "deleted-"});
    ASSERT_TRUE(server_->restore_database("db", {}));
    EXPECT_THAT(deleted(), IsEmpty());
    executor_.pause(std::chrono::hours(3));
    EXPECT_THAT(objects(), Contains(HasSubstr("/data/")));
    stop();
    start();
    EXPECT_EQ(status("db").rows, 1u);
    stop();
  });
}

// Rules that cannot be read may be those of the very database that a record speaks of.
TEST_F(DatabaseAdminTest, NothingIsPurgedUnderANameWhoseRulesCannotBeRead) {
  run([this] {
    start();
    ASSERT_TRUE(write("db", "m v=1i 1"));
    persist("db");
    ASSERT_TRUE(server_->delete_database("db", std::chrono::hours(1)));
    const std::string garbage = "garbage";
    ASSERT_TRUE(
        memory_store_->put(object_store::ObjectPath({"1", "db", "rules.pb"}), std::as_bytes(std::span(garbage))));
    stop();
    start();
    executor_.pause(std::chrono::hours(3));
    EXPECT_THAT(objects(), Contains(HasSubstr("/data/")));
    EXPECT_THAT(deleted(), ElementsAre("db"));
    stop();
  });
}

// Whatever the store did of it: the database is there, or it can be restored.
TEST_F(DatabaseAdminTest, ADeletionWithAnUnclearEndLosesNothing) {
  for (const StoreCall call : {StoreCall::kPut, StoreCall::kRemove}) {
    for (const auto effect :
         {StoreFaultEffect::kNotDone, StoreFaultEffect::kUnclearDone, StoreFaultEffect::kUnclearNotDone}) {
      run([&] {
        start();
        const std::string name =
            "db" + std::to_string(static_cast<int>(call)) + std::to_string(static_cast<int>(effect));
        ASSERT_TRUE(write(name, "m v=1i 1"));
        store_.fail_next({.call = call, .effect = effect});
        EXPECT_FALSE(server_->delete_database(name, {}));
        EXPECT_TRUE(write(name, "m v=2i 2")) << "it goes on until a restart tells";
        stop();
        start();
        if (!server_->rules(name)) {
          EXPECT_THAT(deleted(), Contains(name));
          ASSERT_TRUE(server_->restore_database(name, {}));
        }
        EXPECT_EQ(status(name).rows, 2u);
        ASSERT_TRUE(server_->delete_database(name, {})) << "and can be repeated";
        stop();
      });
    }
  }
}

TEST_F(DatabaseAdminTest, WhatIsNotThereCannotBeDeletedOrRestored) {
  run([this] {
    start();
    EXPECT_EQ(server_->delete_database("db", {}).error().code(), ErrorCode::kNotFound);
    EXPECT_EQ(server_->restore_database("db", {}).error().code(), ErrorCode::kNotFound);
    EXPECT_EQ(server_->verify_catalog("db").error().code(), ErrorCode::kNotFound);
    EXPECT_EQ(server_->rebuild_catalog("db", false).error().code(), ErrorCode::kNotFound);
    stop();
  });
}

TEST_F(DatabaseAdminTest, ABrokenCatalogIsVerifiedRebuiltAndTheDatabaseLoaded) {
  run([this] {
    start();
    ASSERT_TRUE(write("db", "m v=1i 1"));
    persist("db");
    const jobs::JobStatus sound = end_of(server_->verify_catalog("db"));
    EXPECT_EQ(sound.state, jobs::JobState::kSucceeded) << sound.error;
    EXPECT_THAT(sound.report, HasSubstr("1"));
    EXPECT_EQ(server_->rebuild_catalog("db", false).error().code(), ErrorCode::kAlreadyExists) << "it is loaded";
    stop();
    break_catalog("db");
    start();
    EXPECT_NE(status("db").error, "");
    const jobs::JobStatus broken = end_of(server_->verify_catalog("db"));
    EXPECT_EQ(broken.state, jobs::JobState::kFailed);
    EXPECT_NE(broken.report, "");
    const jobs::JobStatus rebuilt = end_of(server_->rebuild_catalog("db", false));
    EXPECT_EQ(rebuilt.state, jobs::JobState::kSucceeded) << rebuilt.error;
    EXPECT_THAT(rebuilt.report, HasSubstr("1 files are in the new one"));
    EXPECT_EQ(status("db").state, DatabaseState::kInitialized);
    EXPECT_EQ(status("db").error, "");
    EXPECT_EQ(status("db").rows, 1u);
    EXPECT_TRUE(write("db", "m v=2i 2"));
    stop();
  });
}

TEST_F(DatabaseAdminTest, ADatabaseThatWasHeldWhenItsLoadWasDueIsStillLoaded) {
  run([this] {
    start();
    ASSERT_TRUE(write("bad", "m v=1i 1"));
    stop();
    store_.fail_next({.call = StoreCall::kGet, .path_part = "/bad/"});
    start();
    ASSERT_NE(status("bad").error, "");
    // Holds the name over several times at which it is tried again, and fails in the end.
    store_.fail_next({.call = StoreCall::kGet,
                      .effect = StoreFaultEffect::kSlow,
                      .path_part = "/bad/",
                      .delay = std::chrono::minutes(10)});
    store_.fail_next({.call = StoreCall::kGet, .count = 5, .path_part = "/bad/"});
    EXPECT_EQ(end_of(server_->rebuild_catalog("bad", false)).state, jobs::JobState::kFailed);
    for (int i = 0; i < 1000 && status("bad").state != DatabaseState::kInitialized; ++i)
      executor_.pause(std::chrono::seconds(1));
    EXPECT_EQ(status("bad").state, DatabaseState::kInitialized) << status("bad").error;
    EXPECT_EQ(status("bad").rows, 1u);
    stop();
  });
}

TEST_F(DatabaseAdminTest, AWipeKeepsTheDataAndOfAnUnknownNameIsDoneAtOnce) {
  run([this] {
    start();
    ASSERT_TRUE(write("db", "m v=1i 1"));
    persist("db");
    EXPECT_EQ(server_->wipe_catalog("db").error().code(), ErrorCode::kAlreadyExists);
    EXPECT_EQ(end_of(server_->wipe_catalog("nobody")).state, jobs::JobState::kSucceeded);
    EXPECT_EQ(server_->rules("nobody").error().code(), ErrorCode::kNotFound) << "it does not come into existence";
    stop();
    break_catalog("db");
    start();
    EXPECT_EQ(end_of(server_->wipe_catalog("db")).state, jobs::JobState::kSucceeded);
    EXPECT_EQ(status("db").rows, 1u);
    stop();
  });
}

TEST_F(DatabaseAdminTest, NamesOfTheServersOwnFilesAreRefused) {
  run([this] {
    start();
    const auto created = server_->create_database(model::default_rules("remotes.pb"));
    ASSERT_FALSE(created);
    EXPECT_THAT(created.error().message(), HasSubstr("rules.name"));
    stop();
  });
}

TEST(DeletedFile, RoundTripAndGarbage) {
  DeletedDatabase deleted{model::default_rules("db"), {5}, {7}};
  deleted.rules.uuid = model::Uuid::random();
  model::materialise_defaults(deleted.rules);
  const object_store::Bytes bytes = encode_deleted_file(deleted);
  EXPECT_EQ(decode_deleted_file(bytes).value(), deleted);
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto part = decode_deleted_file({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut)});
    EXPECT_FALSE(part && *part == deleted) << cut;
  }
  for (size_t i = 0; i < bytes.size(); ++i) {
    object_store::Bytes damaged = bytes;
    damaged[i] ^= std::byte{0xff};
    static_cast<void>(decode_deleted_file(damaged));
  }
  deleted.purge_at = {4};
  EXPECT_FALSE(decode_deleted_file(encode_deleted_file(deleted)));
}

}  // namespace
}  // namespace magnetite::server
