#include "query/row_filter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string_view>

namespace magnetite::query {
namespace {

using model::CompareOp;

constexpr model::ColumnId kColumn{1};

template <class T>
std::vector<uint8_t> kept(CompareOp op, model::Literal literal, const std::vector<T>& values) {
  std::vector<uint8_t> keep(values.size(), 1);
  RowFilter::keep_matching({kColumn, op, std::move(literal)}, values.data(), values.size(), keep.data());
  return keep;
}

using Kept = std::vector<uint8_t>;

TEST(RowFilter, ComparesEveryType) {
  EXPECT_EQ(kept<int64_t>(CompareOp::kGreater, int64_t{2}, {1, 2, 3}), Kept({0, 0, 1}));
  EXPECT_EQ(kept<uint64_t>(CompareOp::kGreaterOrEqual, uint64_t{2}, {1, 2, UINT64_MAX}), Kept({0, 1, 1}));
  EXPECT_EQ(kept<double>(CompareOp::kLess, 2.0, {1, 2, 3}), Kept({1, 0, 0}));
  EXPECT_EQ(kept<double>(CompareOp::kLessOrEqual, 2.0, {1, 2, 3}), Kept({1, 1, 0}));
  EXPECT_EQ(kept<uint8_t>(CompareOp::kEqual, true, {0, 1}), Kept({0, 1}));
  EXPECT_EQ(kept<std::string_view>(CompareOp::kNotEqual, std::string("b"), {"a", "b", ""}), Kept({1, 0, 1}));
}

TEST(RowFilter, NanIsTheLargestNumberAsInSql) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(kept<double>(CompareOp::kGreater, 2.0, {nan}), Kept({1}));
  EXPECT_EQ(kept<double>(CompareOp::kGreaterOrEqual, 2.0, {nan}), Kept({1}));
  EXPECT_EQ(kept<double>(CompareOp::kNotEqual, 2.0, {nan}), Kept({1}));
  EXPECT_EQ(kept<double>(CompareOp::kLess, 2.0, {nan}), Kept({0}));
  EXPECT_EQ(kept<double>(CompareOp::kEqual, 2.0, {nan}), Kept({0}));
}

TEST(RowFilter, TakesOnlyComparisonsOfFieldsWithTheirOwnType) {
  schema::TableSchema schema("m");
  const schema::ColumnWish wishes[] = {{"t", model::ColumnType::kTag}, {"f", model::ColumnType::kFloat}};
  const auto extended = *schema.extend(wishes, SIZE_MAX);
  const model::ColumnId tag = extended->find("t")->id;
  const model::ColumnId field = extended->find("f")->id;
  model::Predicate predicate;
  predicate.comparisons = {{tag, CompareOp::kEqual, std::string("a")},
                           {field, CompareOp::kEqual, int64_t{1}},
                           {field, CompareOp::kLess, std::nan("")},
                           {field, CompareOp::kLess, 1.0}};
  const RowFilter filter(predicate, *extended);
  ASSERT_EQ(filter.comparisons().size(), 1U);
  EXPECT_EQ(std::get<double>(filter.comparisons()[0].literal), 1.0);
}

}  // namespace
}  // namespace magnetite::query
