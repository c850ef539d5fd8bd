#include "cli/shell/observed.h"

#include <gmock/gmock.h>

namespace magnetite::cli::shell {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Observed, TablesAreThoseThatAreNamed) {
  EXPECT_THAT(observed_tables("select * from chunks"), ElementsAre("chunks"));
  EXPECT_THAT(observed_tables("SELECT * FROM Columns JOIN \"chunk_columns\" USING (table_name), columns"),
              ElementsAre("columns", "chunk_columns"));
  EXPECT_THAT(observed_tables("select 'chunks' -- operations"), IsEmpty());
}

ObservedTable chunks() {
  return {.name = "chunks",
          .columns = {{"database_name", "VARCHAR"}, {"id", "UINTEGER"}},
          .rows = {{"it's", "7"}, {"b", std::nullopt}}};
}

constexpr std::string_view kChunks =
    "chunks AS (SELECT CAST(c0 AS VARCHAR) AS database_name, CAST(c1 AS UINTEGER) AS id FROM (VALUES "
    "(CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR)), ('it''s', '7'), ('b', NULL)) AS v(c0, c1) WHERE c0 IS NOT NULL)";

TEST(Observed, RowsStandBeforeTheStatement) {
  EXPECT_EQ(with_observed("select * from chunks", {chunks()}).value(),
            "WITH " + std::string(kChunks) + " select * from chunks");
  EXPECT_EQ(with_observed("-- all\nselect 1", {chunks()}).value(), "WITH " + std::string(kChunks) + " select 1");
  EXPECT_EQ(with_observed("with a as (select 1) select * from a, chunks", {chunks()}).value(),
            "WITH " + std::string(kChunks) + ", a as (select 1) select * from a, chunks");
  EXPECT_EQ(with_observed("WITH recursive a as (select 1) select * from a", {chunks()}).value(),
            "WITH RECURSIVE " + std::string(kChunks) + ", a as (select 1) select * from a");
  EXPECT_EQ(with_observed("select 1", {}).value(), "select 1");
  EXPECT_FALSE(with_observed("show tables", {chunks()}).has_value());
  EXPECT_FALSE(with_observed("", {chunks()}).has_value());
}

}  // namespace
}  // namespace magnetite::cli::shell
