// A conjunction of comparisons with constants, as pushed down from a query.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/ids.h"
#include "model/time_range.h"

namespace magnetite::model {

enum class CompareOp : uint8_t { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

// The literal has the column's own type: bool, int64, uint64, double or string (tags and strings).
using Literal = std::variant<bool, int64_t, uint64_t, double, std::string>;

struct Comparison {
  ColumnId column;
  CompareOp op;
  Literal literal;
};

// column IN (values); tags only.
struct Membership {
  ColumnId column;
  std::vector<std::string> values;
};

// NULL never satisfies a comparison. Time bounds are kept apart because everything prunes by them.
struct Predicate {
  TimeRange time = TimeRange::all();
  std::vector<Comparison> comparisons;
  std::vector<Membership> memberships;
};

}  // namespace magnetite::model
