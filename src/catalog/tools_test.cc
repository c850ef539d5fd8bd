#include "catalog/inspect.h"
#include "catalog/rebuild.h"
#include "catalog/testing/fixture.h"

namespace magnetite::catalog {
namespace {

using namespace testing;

class ToolsTest : public CatalogTest {
 protected:
  // Files a, b, c; of each there is an object.
  std::unique_ptr<Catalog> create_with_files() {
    auto catalog = create();
    for (const char* name : {"a", "b", "c"}) write_file(add(name).file.path);
    const auto committed =
        catalog->commit({{kLog, AddColumns{"cpu", {{{1}, "host", model::ColumnType::kTag}}}, SetSortKey{"cpu", {{1}}},
                          add("a", 1), add("b", 2), add("c", 3), AdvancePartition{partition_at(4)}},
                         database_at(4)});
    EXPECT_TRUE(committed.has_value());
    return catalog;
  }
  VerifyReport verified() { return verify(*memory_, executor_, folder_, uuid(1)).value(); }

  // What the file of that path would say about itself.
  static FoundFile found(const ObjectPath& object) {
    FoundFile found;
    found.add = add("ignored", static_cast<uint64_t>(object.parts().back()[0] - 'a') + 1);
    found.columns = {{{1}, "host", model::ColumnType::kTag}};
    found.sort_key = {{1}};
    found.partition_checkpoint = partition_at(found.add.file.order.value + 1);
    found.database_checkpoint = database_at(found.add.file.order.value + 1);
    return found;
  }
};

TEST_F(ToolsTest, VerifyOfASoundCatalog) {
  run([&] {
    const auto catalog = create_with_files();
    const VerifyReport report = verified();
    EXPECT_TRUE(report.is_sound());
    EXPECT_EQ(report.files, 3U);
    EXPECT_EQ(to_text(report), "revision 1, 3 files: sound\n");
    EXPECT_EQ(catalog->status().condition, CatalogCondition::kReady);
    EXPECT_TRUE(catalog->commit({}).has_value());  // looking does not take over
  });
}

TEST_F(ToolsTest, VerifyNamesWhatIsWrong) {
  run([&] {
    create_with_files();
    ASSERT_TRUE(memory_->remove(file_object(folder_, add("a").file.path).value()).has_value());
    write_file(add("b").file.path, 3);
    write_file("data/more.parquet");
    const VerifyReport report = verified();
    EXPECT_FALSE(report.is_sound());
    EXPECT_EQ(report.missing, std::vector<std::string>{"data/cpu/a.parquet"});
    ASSERT_EQ(report.wrong_size.size(), 1U);
    EXPECT_EQ(report.wrong_size[0].actual_bytes, 3U);
    EXPECT_EQ(report.unreferenced, std::vector<std::string>{"data/more.parquet"});
    EXPECT_NE(to_text(report).find("missing: data/cpu/a.parquet"), std::string::npos);
  });
}

TEST_F(ToolsTest, VerifyOfABrokenCatalog) {
  run([&] {
    create_with_files();
    write(transaction_path(folder_, 1), {});
    const VerifyReport report = verified();
    ASSERT_TRUE(report.catalog.has_value());
    EXPECT_EQ(report.catalog->kind, ProblemKind::kDamaged);
    EXPECT_NE(to_text(report).find("magnetite catalog rebuild"), std::string::npos);
  });
}

TEST_F(ToolsTest, DumpShowsEverythingAlsoWhatCannotBeRead) {
  run([&] {
    const auto catalog = create_with_files();
    ASSERT_TRUE(catalog->write_checkpoint().has_value());
    write(transaction_path(folder_, 2), {});
    const auto whole = read(transaction_path(folder_, 1));
    write(transaction_path(folder_, 3), whole);
    std::string text;
    for (const DumpedObject& object : dump(*memory_, folder_, uuid(1)).value()) text += to_text(object);
    for (const char* part : {"checkpoint 1", "transaction 0", "transaction 1",
                             "add table 'cpu' partition '2026-01-01' "
                             "data/cpu/a.parquet chunk 1 order 1 rows 10 bytes 4 time 0..99",
                             "PROBLEM damaged", "PROBLEM wrong place", "sort key table 'cpu' 1", "1:'host' tag"})
      EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  });
}

TEST_F(ToolsTest, RebuildFindsWhatTheCatalogHad) {
  run([&] {
    std::vector<std::byte> expected;
    {
      const auto catalog = create_with_files();
      expected = content(*catalog->state());
    }
    write(transaction_path(folder_, 1), {});
    EXPECT_EQ(rebuild(place(), found, {.log = kLog}).error().code(), ErrorCode::kAlreadyExists);
    const auto before = memory_->list(folder_).value().size();
    EXPECT_EQ(set_catalog_aside(store_, folder_).value(), 2U);
    EXPECT_EQ(memory_->list(folder_).value().size(), before);
    EXPECT_EQ(rebuild(place(), found, {.log = kLog}).value().files, 3U);
    const auto catalog = open();
    EXPECT_EQ(content(*catalog->state()), expected);
    EXPECT_TRUE(verified().is_sound());
  });
}

TEST_F(ToolsTest, RebuildOfNothing) {
  run([&] {
    EXPECT_EQ(rebuild(place(), found).value().files, 0U);
    EXPECT_EQ(open()->state()->file_count, 0U);
  });
}

TEST_F(ToolsTest, RebuildStopsAtAFileThatCannotBeReadUnlessToldOtherwise) {
  run([&] {
    write_file("data/cpu/a.parquet");
    write_file("data/cpu/b.parquet");
    const FileReader reader = [](const ObjectPath& object) -> Result<FoundFile> {
      if (object.parts().back() == "b.parquet") return fail(ErrorCode::kCorruption, "no footer");
      return found(object);
    };
    const auto refused = rebuild(place(), reader);
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error().message().find("b.parquet"), std::string::npos);
    EXPECT_TRUE(list_catalog(*memory_, folder_).value().empty());
    const auto report = rebuild(place(), reader, {.log = {}, .pass_over_unreadable_files = true});
    EXPECT_EQ(report.value().files, 1U);
    EXPECT_EQ(report.value().passed_over.size(), 1U);
    EXPECT_TRUE(file_exists("data/cpu/b.parquet"));
  });
}

}  // namespace
}  // namespace magnetite::catalog
