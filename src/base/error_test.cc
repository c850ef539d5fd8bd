#include "base/error.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/check.h"
#include "base/result.h"

namespace magnetite {
namespace {

Result<std::unique_ptr<int>> make_number(bool works) {
  if (!works) return fail(ErrorCode::kNotFound, "no number");
  return std::make_unique<int>(7);
}

Result<int> twice(bool works) {
  MAGNETITE_TRY(const std::unique_ptr<int> number, make_number(works));
  return *number * 2;
}

Result<> check_only(bool works) {
  MAGNETITE_RETURN_IF_ERROR(twice(works).transform([](int) {}));
  return {};
}

TEST(Error, ContextReadsFromTheOutsideIn) {
  Error error(ErrorCode::kCorruption, "bad checksum");
  error = std::move(error).with_context("segment 3");
  error = std::move(error).with_context("load database db1");
  EXPECT_EQ(error.message(), "load database db1: segment 3: bad checksum");
  EXPECT_EQ(error.describe(), "corruption: load database db1: segment 3: bad checksum");
}

TEST(Error, OnlyErrorsThatMayPassAreWorthRepeating) {
  EXPECT_TRUE(Error(ErrorCode::kUnavailable, "").is_retryable());
  EXPECT_TRUE(Error(ErrorCode::kUnclear, "").is_retryable());
  EXPECT_TRUE(Error(ErrorCode::kResourceExhausted, "").is_retryable());
  EXPECT_FALSE(Error(ErrorCode::kCorruption, "").is_retryable());
  EXPECT_FALSE(Error(ErrorCode::kInvalidInput, "").is_retryable());
  EXPECT_FALSE(Error(ErrorCode::kShutdown, "").is_retryable());
}

TEST(Result, TryBindsTheValueOrHandsTheErrorOn) {
  EXPECT_EQ(twice(true).value(), 14);
  ASSERT_FALSE(twice(false).has_value());
  EXPECT_EQ(twice(false).error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(check_only(true).has_value());
  EXPECT_EQ(check_only(false).error().message(), "no number");
}

TEST(Check, AFailedCheckEndsTheProcessAndSaysWhere) {
  EXPECT_DEATH(MAGNETITE_CHECK_MSG(1 + 1 == 3, "sums"), "error_test.cc.*1 \\+ 1 == 3 sums");
}

}  // namespace
}  // namespace magnetite
