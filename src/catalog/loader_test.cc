#include "catalog/loader.h"

#include <xxhash.h>

#include <cstring>

#include "catalog/testing/fixture.h"

namespace magnetite::catalog {
namespace {

using namespace testing;

// The same content as another version of the format would begin.
std::vector<std::byte> with_version(std::vector<std::byte> bytes, uint32_t version) {
  std::memcpy(&bytes[8], &version, sizeof version);
  const uint64_t checksum = XXH3_64bits(bytes.data(), bytes.size() - 8);
  std::memcpy(&bytes[bytes.size() - 8], &checksum, sizeof checksum);
  return bytes;
}

// Revisions 0 to 5, of which 3 has a checkpoint; revision n adds file n.
class LoaderTest : public CatalogTest {
 protected:
  void SetUp() override {
    run([&] {
      const auto catalog = create();
      for (uint64_t n = 1; n <= 5; ++n) {
        ASSERT_TRUE(catalog->commit({{add(std::to_string(n), n)}}).has_value());
        if (n == 3) {
          ASSERT_TRUE(catalog->write_checkpoint().has_value());
        }
      }
      expected_ = content(*catalog->state());
    });
  }
  ObjectPath txn(uint64_t revision) { return transaction_path(folder_, revision); }
  ObjectPath checkpoint(uint64_t revision) { return checkpoint_path(folder_, revision); }
  void remove(const ObjectPath& object) { ASSERT_TRUE(memory_->remove(object).has_value()); }
  void copy(const ObjectPath& from, const ObjectPath& to) { write(to, read(from)); }
  void rewrite(const ObjectPath& object, const std::function<void(RecordHeader&, Transaction&)>& change) {
    const auto bytes = read(object);
    auto header = decode_header(bytes).value();
    auto transaction = decode_transaction(bytes).value();
    change(header, transaction);
    write(object, encode(header, transaction));
  }
  void damage(const ObjectPath& object) {
    auto bytes = read(object);
    bytes[bytes.size() / 2] ^= std::byte{4};
    write(object, bytes);
  }
  // Loading says so, names the object, and changes nothing.
  void expect_problem(ProblemKind kind, const ObjectPath& object, ErrorCode code = ErrorCode::kCorruption) {
    const auto before = memory_->list(folder_).value();
    run([&] {
      const auto loaded = load();
      ASSERT_FALSE(loaded.has_value());
      EXPECT_EQ(to_string(loaded.error().kind), to_string(kind)) << loaded.error().text();
      EXPECT_EQ(loaded.error().object, object.text());
      EXPECT_EQ(loaded.error().to_error().code(), code);
      EXPECT_NE(loaded.error().to_error().message().find(object.text()), std::string::npos);
      EXPECT_EQ(Catalog::open(place_in(*memory_)).error().code(), code);
    });
    EXPECT_EQ(memory_->list(folder_).value(), before);
  }
  void expect_loads(uint64_t transactions_read, size_t passed_over = 0) {
    run([&] {
      const auto loaded = load();
      ASSERT_TRUE(loaded.has_value()) << loaded.error().text();
      EXPECT_EQ(content(*loaded->state), expected_);
      EXPECT_EQ(loaded->state->revision, 5U);
      EXPECT_EQ(loaded->transactions_read, transactions_read);
      EXPECT_EQ(loaded->passed_over.size(), passed_over);
    });
  }

  std::vector<std::byte> expected_;
};

TEST_F(LoaderTest, StartsAtTheNewestCheckpoint) { expect_loads(2); }
TEST_F(LoaderTest, NeedsNothingBeforeTheCheckpoint) {
  for (uint64_t n = 0; n <= 3; ++n) remove(txn(n));
  expect_loads(2);
}
TEST_F(LoaderTest, ReplaysEverythingWithoutACheckpoint) {
  remove(checkpoint(3));
  expect_loads(6);
}
TEST_F(LoaderTest, ADamagedCheckpointIsPassedOver) {
  damage(checkpoint(3));
  expect_loads(6, 1);
}
TEST_F(LoaderTest, ACheckpointAloneIsEnough) {
  run([&] { ASSERT_TRUE(open()->write_checkpoint().has_value()); });
  for (uint64_t n = 0; n <= 6; ++n) remove(txn(n));
  run([&] { EXPECT_EQ(content(*load().value().state), expected_); });
}
TEST_F(LoaderTest, NamesOfOthersAreIgnored) {
  for (const char* name : {"junk", "3", "0000000000000000000x", "99999999999999999999", "18446744073709551615"}) {
    write(transactions_folder(folder_) / name, {});
    write(checkpoints_folder(folder_) / name, {});
  }
  write(folder_ / "catalog" / "other" / "deep", {});
  expect_loads(2);
}
TEST_F(LoaderTest, NoCatalog) {
  for (const ObjectPath& object : memory_->list(folder_).value()) remove(object);
  expect_problem(ProblemKind::kNoCatalog, folder_, ErrorCode::kNotFound);
}
TEST_F(LoaderTest, AMissingTransaction) {
  remove(txn(4));
  expect_problem(ProblemKind::kMissing, txn(4));
}
TEST_F(LoaderTest, TheLastTransactionMissingBelowAnUnreadableCheckpoint) {
  copy(checkpoint(3), checkpoint(7));  // says it is revision 3
  expect_problem(ProblemKind::kMissing, txn(6));
}
TEST_F(LoaderTest, NeitherCheckpointNorFirstTransaction) {
  remove(checkpoint(3));
  remove(txn(0));
  expect_problem(ProblemKind::kMissing, txn(0));
}
TEST_F(LoaderTest, TheOnlyCheckpointIsDamagedAndItsHistoryPruned) {
  damage(checkpoint(3));
  remove(txn(0));
  expect_problem(ProblemKind::kDamaged, checkpoint(3));
}
TEST_F(LoaderTest, ADamagedTransaction) {
  damage(txn(5));
  expect_problem(ProblemKind::kDamaged, txn(5));
}
TEST_F(LoaderTest, AnEmptyObject) {
  write(txn(4), {});
  expect_problem(ProblemKind::kDamaged, txn(4));
}
TEST_F(LoaderTest, AnotherRevision) {
  copy(txn(4), txn(5));
  expect_problem(ProblemKind::kWrongPlace, txn(5));
}
TEST_F(LoaderTest, AnotherDatabase) {
  rewrite(txn(5), [](RecordHeader& header, Transaction&) { header.database = uuid(77); });
  expect_problem(ProblemKind::kWrongPlace, txn(5));
}
TEST_F(LoaderTest, ACheckpointInTheTransactionsPlace) {
  copy(checkpoint(3), txn(4));
  expect_problem(ProblemKind::kWrongPlace, txn(4));
}
TEST_F(LoaderTest, ALinkThatBreaks) {
  for (const uint64_t revision : {uint64_t{4}, uint64_t{5}}) {
    const auto whole = read(txn(revision));
    rewrite(txn(revision), [](RecordHeader& header, Transaction&) { header.previous = uuid(77); });
    expect_problem(ProblemKind::kBrokenLink, txn(revision));
    write(txn(revision), whole);
  }
}
TEST_F(LoaderTest, AFirstTransactionWithAPredecessor) {
  remove(checkpoint(3));
  rewrite(txn(0), [](RecordHeader& header, Transaction&) { header.previous = uuid(77); });
  expect_problem(ProblemKind::kBrokenLink, txn(0));
}
TEST_F(LoaderTest, AFileTwiceOrRemovedTwice) {
  const auto whole = read(txn(5));
  rewrite(txn(5), [](RecordHeader&, Transaction& transaction) { transaction.actions = {add("1", 1)}; });
  expect_problem(ProblemKind::kContradiction, txn(5));
  write(txn(5), whole);
  rewrite(txn(5), [](RecordHeader&, Transaction& transaction) { transaction.actions = {removal(add("9"))}; });
  expect_problem(ProblemKind::kContradiction, txn(5));
}
// The checksum is right, so it is another version and no damage.
TEST_F(LoaderTest, ANewerVersion) {
  for (const ObjectPath& object : {txn(5), checkpoint(3)}) {
    const auto whole = read(object);
    write(object, with_version(whole, 2));
    expect_problem(ProblemKind::kUnknownVersion, object, ErrorCode::kFailedPrecondition);
    write(object, whole);
  }
}
TEST_F(LoaderTest, AStoreThatFailsIsNoDamage) {
  for (const StoreCall call : {StoreCall::kGet, StoreCall::kListPage}) {
    StoreFault fault;
    fault.call = call;
    store_.fail_next(fault);
    run([&] {
      const auto loaded = load_catalog(store_, executor_, folder_, uuid(1));
      ASSERT_FALSE(loaded.has_value());
      EXPECT_EQ(loaded.error().kind, ProblemKind::kStore);
      EXPECT_EQ(loaded.error().to_error().code(), ErrorCode::kUnavailable);
      EXPECT_TRUE(load_catalog(store_, executor_, folder_, uuid(1)).has_value());
    });
  }
}
// Another process may remove what was listed: the next listing shows where to go on.
TEST_F(LoaderTest, AnObjectThatVanishesWhileReadingIsLookedForAgain) {
  StoreFault fault;
  fault.call = StoreCall::kGet;
  fault.effect = StoreFaultEffect::kMissing;
  fault.path_part = "transactions";
  store_.fail_next(fault);
  run([&] {
    const auto loaded = load_catalog(store_, executor_, folder_, uuid(1));
    ASSERT_TRUE(loaded.has_value()) << loaded.error().text();
    EXPECT_EQ(content(*loaded->state), expected_);
  });
}
TEST_F(LoaderTest, EveryDamagedByteOfEveryObjectIsReportedOrPassedOver) {
  for (const ObjectPath& object : {txn(4), txn(5), checkpoint(3)}) {
    const auto whole = read(object);
    for (size_t i = 0; i < whole.size(); ++i) {
      auto bytes = whole;
      bytes[i] ^= std::byte{1};
      write(object, bytes);
      run([&] {
        const auto loaded = load();
        if (object == checkpoint(3))
          EXPECT_EQ(content(*loaded.value().state), expected_);
        else
          EXPECT_EQ(loaded.error().kind, ProblemKind::kDamaged);
      });
    }
    write(object, whole);
  }
}

}  // namespace
}  // namespace magnetite::catalog
