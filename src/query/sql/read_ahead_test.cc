#include "query/sql/read_ahead.h"

#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <gtest/gtest.h>

#include "base/sim/sim_executor.h"

namespace magnetite::query::sql {
namespace {

constexpr int64_t kLargeRows = 64 * 1024;

std::shared_ptr<arrow::Schema> schema_of_rows() { return arrow::schema({arrow::field("n", arrow::int64())}); }

// `batches` batches whose one column holds the batch's number, then an error or the end.
class FakeRows final : public ResultStream {
 public:
  FakeRows(Executor& executor, int batches, int64_t rows, bool fails)
      : executor_(executor), left_(batches), rows_(rows), fails_(fails) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  Result<std::shared_ptr<arrow::RecordBatch>> next() override {
    executor_.yield();
    if (cancelled) return fail(ErrorCode::kCancelled, "cancelled");
    if (left_ == 0 && fails_) return fail(ErrorCode::kResourceExhausted, "no memory");
    if (left_ == 0) return nullptr;
    --left_;
    arrow::Int64Builder builder;
    EXPECT_TRUE(builder.AppendValues(std::vector<int64_t>(static_cast<size_t>(rows_), made++)).ok());
    return arrow::RecordBatch::Make(schema_, rows_, {*builder.Finish()});
  }
  void cancel() override { cancelled = true; }

  bool cancelled = false;
  int made = 0;

 private:
  Executor& executor_;
  const std::shared_ptr<arrow::Schema> schema_ = schema_of_rows();
  int left_;
  const int64_t rows_;
  const bool fails_;
};

struct Outcome {
  std::vector<int64_t> batches;
  std::optional<ErrorCode> error;
  bool operator==(const Outcome&) const = default;
};

Outcome read_all(ResultStream& rows) {
  Outcome outcome;
  while (true) {
    auto batch = rows.next();
    if (!batch) outcome.error = batch.error().code();
    if (!batch || *batch == nullptr) return outcome;
    outcome.batches.push_back(static_cast<const arrow::Int64Array&>(*(*batch)->column(0)).Value(0));
  }
}

void simulate(const std::function<void(Executor&)>& body) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    sim::SimExecutor executor(seed);
    executor.run([&] { body(executor); });
  }
}

TEST(ReadAhead, GivesEveryBatchInOrderThenTheEndForEver) {
  simulate([](Executor& executor) {
    const auto rows = read_ahead(executor, std::make_unique<FakeRows>(executor, 5, kLargeRows, false));
    EXPECT_EQ(read_all(*rows), (Outcome{{0, 1, 2, 3, 4}, std::nullopt}));
    EXPECT_EQ(read_all(*rows), (Outcome{{}, std::nullopt}));
  });
}

TEST(ReadAhead, GivesTheErrorAfterTheBatchesBeforeIt) {
  simulate([](Executor& executor) {
    const auto rows = read_ahead(executor, std::make_unique<FakeRows>(executor, 3, kLargeRows, true));
    EXPECT_EQ(read_all(*rows), (Outcome{{0, 1, 2}, ErrorCode::kResourceExhausted}));
    EXPECT_EQ(read_all(*rows), (Outcome{{}, ErrorCode::kResourceExhausted}));
  });
}

TEST(ReadAhead, SmallResultsAreReadWhereTheyAreAskedFor) {
  simulate([](Executor& executor) {
    auto fake = std::make_unique<FakeRows>(executor, 3, 10, false);
    FakeRows& source = *fake;
    const auto rows = read_ahead(executor, std::move(fake));
    ASSERT_TRUE(rows->next());
    for (int i = 0; i < 20; ++i) executor.yield();
    EXPECT_EQ(source.made, 1);
    EXPECT_EQ(read_all(*rows), (Outcome{{1, 2}, std::nullopt}));
  });
}

TEST(ReadAhead, HoldsSoManyRowsAndOneBatchMore) {
  simulate([](Executor& executor) {
    auto fake = std::make_unique<FakeRows>(executor, 100, kLargeRows, false);
    FakeRows& source = *fake;
    const auto rows = read_ahead(executor, std::move(fake));
    ASSERT_TRUE(rows->next());
    for (int i = 0; i < 200; ++i) executor.yield();
    EXPECT_GE(source.made, 2);
    EXPECT_LE(source.made, 3) << "the one that was taken, one that is held, one in the making";
  });
}

TEST(ReadAhead, EndsWhereverItIsDropped) {
  simulate([](Executor& executor) {
    for (int taken = 0; taken < 4; ++taken) {
      const auto rows = read_ahead(executor, std::make_unique<FakeRows>(executor, 100, kLargeRows, false));
      for (int i = 0; i < taken; ++i) ASSERT_TRUE(rows->next());
    }
  });
}

TEST(ReadAhead, CancelReachesTheStatement) {
  simulate([](Executor& executor) {
    const auto rows = read_ahead(executor, std::make_unique<FakeRows>(executor, 100, kLargeRows, false));
    ASSERT_TRUE(rows->next());
    rows->cancel();
    EXPECT_EQ(read_all(*rows).error, ErrorCode::kCancelled);
  });
}

}  // namespace
}  // namespace magnetite::query::sql
