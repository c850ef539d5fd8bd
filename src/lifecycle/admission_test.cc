#include "lifecycle/admission.h"

#include <gtest/gtest.h>

namespace magnetite::lifecycle {
namespace {

TEST(Admission, Table) {
  constexpr auto kFull = ErrorCode::kResourceExhausted;
  constexpr auto kNeverFits = ErrorCode::kTooLarge;
  const struct {
    const char* what;
    uint64_t entry;
    MemoryUse use;
    MemoryLimits limits;
    std::optional<ErrorCode> refused;
  } table[] = {
      {"no limits", UINT64_MAX, {UINT64_MAX, UINT64_MAX}, {}, {}},
      {"fits exactly", 40, {60, 60}, {100, 100, 0}, {}},
      {"one byte more than the database has", 41, {60, 60}, {100, 0, 0}, kFull},
      {"one byte more than the process has", 41, {10, 60}, {0, 100, 0}, kFull},
      {"another database uses the memory", 1, {0, 100}, {1000, 100, 0}, kFull},
      {"the reserve is the jobs'", 40, {60, 60}, {0, 100, 1}, kFull},
      {"and of the database's limit too", 40, {60, 60}, {100, 0, 1}, kFull},
      {"above its limit by itself, into an empty database", 500, {0, 0}, {10, 1000, 0}, {}},
      {"the next one waits", 1, {500, 500}, {10, 1000, 0}, kFull},
      {"never fits the process", 91, {0, 0}, {0, 100, 10}, kNeverFits},
      {"no overflow", UINT64_MAX, {1, 1}, {UINT64_MAX, UINT64_MAX, 0}, kFull},
  };
  for (const auto& row : table) {
    const auto admitted = admit(row.entry, row.use, row.limits);
    EXPECT_EQ(admitted.has_value(), !row.refused) << row.what;
    if (admitted || !row.refused) continue;
    EXPECT_EQ(admitted.error().code(), *row.refused) << row.what;
  }
}

TEST(Admission, ALogThatIsNeverTrimmedEndsAtItsBound) {
  EXPECT_TRUE(admit_to_log(40, 60, 100));
  EXPECT_EQ(admit_to_log(41, 60, 100).error().code(), ErrorCode::kResourceExhausted);
  EXPECT_FALSE(admit_to_log(1, 200, 100)) << "a bound that was lowered";
  EXPECT_FALSE(admit_to_log(UINT64_MAX, 1, UINT64_MAX)) << "no overflow";
}

}  // namespace
}  // namespace magnetite::lifecycle
