#include "query/sql/statement_log.h"

#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/logging.h"

namespace magnetite::query::sql {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct ManualClock final : Clock {
  MonoTime now;
  WallTime wall_now() const override { return {}; }
  MonoTime mono_now() const override { return now; }
};

// Two batches of three rows, each of which takes `pace`; then `error`, if there is one.
class ScriptedEngine final : public Engine {
 public:
  ManualClock clock;
  Duration pace{};
  std::optional<Error> error_at_start;
  std::optional<Error> error_at_end;

  Result<std::unique_ptr<ResultStream>> execute(const Statement&) override {
    clock.now = clock.now + pace;
    if (error_at_start) return std::unexpected(*error_at_start);
    return std::make_unique<Stream>(*this);
  }

 private:
  class Stream final : public ResultStream {
   public:
    explicit Stream(ScriptedEngine& engine) : engine_(engine) {}
    const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
    Result<std::shared_ptr<arrow::RecordBatch>> next() override {
      engine_.clock.now = engine_.clock.now + engine_.pace;
      if (batches_++ < 2) {
        arrow::Int64Builder builder;
        static_cast<void>(builder.AppendValues({1, 2, 3}));
        return arrow::RecordBatch::Make(schema_, 3, arrow::ArrayVector{*builder.Finish()});
      }
      if (engine_.error_at_end) return std::unexpected(*engine_.error_at_end);
      return nullptr;
    }
    void cancel() override {}

   private:
    ScriptedEngine& engine_;
    const std::shared_ptr<arrow::Schema> schema_ = arrow::schema({arrow::field("n", arrow::int64())});
    int batches_ = 0;
  };
};

class StatementLogTest : public testing::Test {
 protected:
  // The lines that running `sql` writes; `batches` of its result are taken, with -1 all.
  std::string lines_of(std::string sql, int batches = -1, Duration slow = std::chrono::seconds(10)) {
    StatementLog engine(inner_, inner_.clock, slow);
    Statement statement;
    statement.database = "db";
    statement.sql = std::move(sql);
    testing::internal::CaptureStdout();
    log::configure({.format = log::Format::kLogfmt});
    {
      const log::RequestScope scope("r1");
      auto rows = engine.execute(statement);
      for (int i = 0; rows && i != batches; ++i) {
        const auto batch = (*rows)->next();
        if (!batch || *batch == nullptr) break;
      }
    }
    log::configure({});
    return testing::internal::GetCapturedStdout();
  }
  ScriptedEngine inner_;
};

TEST_F(StatementLogTest, ASlowStatementIsLoggedOnceWithItsRowsAndRequest) {
  inner_.pace = std::chrono::seconds(4);
  EXPECT_THAT(lines_of("SELECT 1"),
              AllOf(HasSubstr("level=warn msg=\"slow statement\" database=\"db\" sql=\"SELECT 1\" "
                              "milliseconds=\"16000\" rows=\"6\" outcome=\"ok\" request_id=\"r1\""),
                    testing::EndsWith("\n"), Not(HasSubstr("broken off"))));
}

TEST_F(StatementLogTest, AQuickOneIsNot) {
  inner_.pace = std::chrono::seconds(2);
  EXPECT_EQ(lines_of("SELECT 1"), "");
}

TEST_F(StatementLogTest, NothingIsWhenItIsOff) {
  inner_.pace = std::chrono::hours(1);
  EXPECT_EQ(lines_of("SELECT 1", -1, Duration(0)), "");
}

TEST_F(StatementLogTest, SaysHowItEnded) {
  inner_.pace = std::chrono::seconds(10);
  EXPECT_THAT(lines_of("SELECT 1", 1), HasSubstr("rows=\"3\" outcome=\"broken off\""));
  inner_.error_at_end = Error(ErrorCode::kDeadlineExceeded, "too long");
  EXPECT_THAT(lines_of("SELECT 1"), HasSubstr("too long"));
  inner_.error_at_start = Error(ErrorCode::kInvalidInput, "no such table");
  EXPECT_THAT(lines_of("SELECT 1"), AllOf(HasSubstr("rows=\"0\""), HasSubstr("no such table")));
}

TEST_F(StatementLogTest, LongTextIsCutBetweenCharacters) {
  inner_.pace = std::chrono::seconds(10);
  std::string sql = "x";
  while (sql.size() < 10'000) sql += "\u20ac";
  const std::string line = lines_of(sql);
  EXPECT_LT(line.size(), 2'400U);
  EXPECT_THAT(line, HasSubstr("\u20ac...\""));
}

}  // namespace
}  // namespace magnetite::query::sql
