// Statistics of one column of one chunk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "model/column_type.h"
#include "model/ids.h"

namespace magnetite::model {

using StatValue = std::variant<bool, int64_t, uint64_t, double, std::string>;

// NaN counts as a value but never becomes min or max; both are absent when there is no such value.
struct ColumnSummary {
  ColumnId column;
  ColumnType type = ColumnType::kTag;
  uint64_t value_count = 0;  // not NULL
  uint64_t null_count = 0;
  std::optional<StatValue> min;
  std::optional<StatValue> max;
  std::optional<uint64_t> distinct_count;  // tags only
};

}  // namespace magnetite::model
