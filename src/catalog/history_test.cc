// Random histories with failures and crashes against a model: what was said to be committed is there, what was refused
// is not, what was unclear is there whole or not at all.
#include <map>
#include <random>
#include <set>

#include "catalog/catalog.h"
#include "catalog/cleanup.h"
#include "catalog/testing/fixture.h"

namespace magnetite::catalog {
namespace {

using namespace testing;

// Dies at its n-th change: from then on nothing answers, and the server is told to stop.
class DyingStore final : public ObjectStoreRelay {
 public:
  using ObjectStoreRelay::ObjectStoreRelay;
  std::function<void()> on_death;
  uint64_t changes = 0;
  uint64_t dies_at = 0;  // 0: never
  bool last_change_happens = false;

  Result<> put_if_absent(const ObjectPath& path, std::span<const std::byte> bytes) override {
    return change([&] { return inner_.put_if_absent(path, bytes); });
  }
  Result<> remove(const ObjectPath& path) override {
    return change([&] { return inner_.remove(path); });
  }
  Result<object_store::Bytes> get(const ObjectPath& path) override {
    if (dead()) return gone();
    return inner_.get(path);
  }
  Result<object_store::ListPage> list_page(const object_store::ListRequest& request) override {
    if (dead()) return gone();
    return inner_.list_page(request);
  }

 private:
  bool dead() const { return dies_at != 0 && changes >= dies_at; }
  static std::unexpected<Error> gone() { return fail(ErrorCode::kUnclear, "the process is dead"); }
  Result<> change(const std::function<Result<>()>& body) {
    if (dead()) return gone();
    ++changes;
    if (!dead()) return body();
    if (last_change_happens) static_cast<void>(body());
    if (on_death) on_death();
    return gone();
  }
};

// Commits, checkpoints and prunes; the process dies at each change in turn, before or after it is done.
TEST(CatalogCrash, EveryStepOfCommitCheckpointAndPrune) {
  bool survived = false;
  for (uint64_t dies_at = 1; !survived; ++dies_at) {
    for (const bool happens : {false, true}) {
      sim::SimExecutor executor(dies_at);
      const auto memory = object_store::make_memory_store(executor.clock());
      const ObjectPath folder{{"1", "db", "uuid"}};
      executor.run([&] {
        ASSERT_TRUE(Catalog::create({*memory, executor, folder, uuid(1)}).has_value());
        DyingStore store(*memory);
        store.dies_at = dies_at;
        store.last_change_happens = happens;
        uint64_t certain = 0;
        uint64_t asked = 0;
        {
          // The claim is a change, too; before there is a catalog nobody can be told to stop.
          std::unique_ptr<Catalog> catalog;
          if (dies_at > 1) {
            catalog = Catalog::open({store, executor, folder, uuid(1)}).value();
            store.on_death = [&] { catalog->stop(); };
            for (uint64_t n = 1; n <= 12; ++n) {
              asked = n;
              if (!catalog->commit({{add(std::to_string(n), n)}}).has_value()) break;
              certain = n;
              if (n % 3 == 0 && !catalog->write_checkpoint().has_value()) break;
            }
            survived = certain == 12 && store.changes < dies_at;
          }
        }
        const auto again = Catalog::open({*memory, executor, folder, uuid(1)});
        ASSERT_TRUE(again.has_value()) << dies_at << ": " << again.error().describe();
        const uint64_t files = (*again)->state()->file_count;
        EXPECT_GE(files, certain) << dies_at;
        EXPECT_LE(files, asked) << dies_at;
        ASSERT_TRUE((*again)->commit({{add("after", 99)}}).has_value());
        ASSERT_TRUE((*again)->write_checkpoint().has_value());
        EXPECT_LE(list_catalog(*memory, folder).value().checkpoints.size(), 2U);
        const auto loaded = load_catalog(*memory, executor, folder, uuid(1));
        ASSERT_TRUE(loaded.has_value());
        EXPECT_EQ(content(*loaded->state), content(*(*again)->state()));
      });
    }
    ASSERT_LT(dies_at, 100U);
  }
}

using Model = std::map<std::string, AddFile>;  // by path

std::set<std::string> names(const Model& model) {
  std::set<std::string> found;
  for (const auto& [path, action] : model) found.insert(path);
  return found;
}
std::set<std::string> names(const State& state) {
  const auto found = paths(state);
  return {found.begin(), found.end()};
}

class Histories {
 public:
  explicit Histories(uint64_t seed) : seed_(seed), random_(seed), executor_(seed) {}

  void play() {
    executor_.run([&] {
      catalog_ = Catalog::create({store_, executor_, folder_, uuid(1)}).value();
      for (int step = 0; step < 120 && !::testing::Test::HasFailure(); ++step) {
        switch (chance(12)) {
          case 0:
            restart();
            break;
          case 1:
            static_cast<void>(catalog_->write_checkpoint());
            break;
          case 2:
            static_cast<void>(catalog_->prune());
            break;
          case 3:
            static_cast<void>(run_cleanup_once(*catalog_));
            break;
          default:
            commit();
            break;
        }
      }
      restart();
      ASSERT_TRUE(run_cleanup_once(*catalog_).has_value());
      for (const auto& [path, action] : model_)
        EXPECT_TRUE(memory_->size(file_object(folder_, path).value()).has_value()) << path << " seed " << seed_;
      EXPECT_EQ(memory_->list(data_folder(folder_)).value().size(), model_.size()) << "seed " << seed_;
    });
  }

 private:
  uint64_t chance(uint64_t of) { return random_() % of; }

  void commit() {
    Transaction transaction;
    Model after = model_;
    std::vector<FileReservation> reservations;
    for (uint64_t i = chance(4); i > 0; --i) {
      const std::string table = std::to_string(chance(3));
      AddFile action{table, std::to_string(chance(3)), file(new_file_path(table, "p", {1}), chance(1000))};
      reservations.push_back(catalog_->reserve(action.file.path));
      ASSERT_TRUE(memory_->put(file_object(folder_, action.file.path).value(), std::vector<std::byte>(4)).has_value());
      transaction.actions.emplace_back(action);
      after.emplace(action.file.path, action);
    }
    for (uint64_t i = chance(3); i > 0 && !after.empty(); --i) {
      const auto victim = std::next(after.begin(), static_cast<std::ptrdiff_t>(chance(after.size())));
      transaction.actions.emplace_back(removal(victim->second));
      after.erase(victim);
    }
    StoreFault trouble;
    trouble.call = static_cast<StoreCall>(1 + chance(object_store::testing::kStoreCalls - 1));
    trouble.effect = static_cast<StoreFaultEffect>(chance(3));
    trouble.count = 1 + chance(6);
    store_.fail_next(trouble);
    const auto committed = catalog_->commit(transaction);
    store_.clear_faults();
    if (committed) {
      model_ = std::move(after);
      EXPECT_EQ(names(*committed->state), names(model_)) << "seed " << seed_;
    } else {
      EXPECT_EQ(committed.error().code(), ErrorCode::kUnavailable) << committed.error().describe();
    }
    EXPECT_EQ(names(*catalog_->state()), names(model_)) << "seed " << seed_;
  }

  void restart() {
    catalog_.reset();
    store_.clear_faults();
    auto opened = Catalog::open({store_, executor_, folder_, uuid(1)});
    ASSERT_TRUE(opened.has_value()) << opened.error().describe() << " seed " << seed_;
    catalog_ = *std::move(opened);
    EXPECT_EQ(names(*catalog_->state()), names(model_)) << "seed " << seed_;
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  sim::SimExecutor executor_;
  const ObjectPath folder_{{"1", "db", "uuid"}};
  std::unique_ptr<object_store::ObjectStore> memory_ = object_store::make_memory_store(executor_.clock());
  FaultyStore store_{*memory_};
  std::unique_ptr<Catalog> catalog_;
  Model model_;
};

TEST(CatalogHistory, ReloadEqualsTheModel) {
  for (uint64_t seed = 1; seed <= 30 && !::testing::Test::HasFailure(); ++seed) Histories(seed).play();
}

}  // namespace
}  // namespace magnetite::catalog
