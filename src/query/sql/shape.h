// How large a statement may be. What DuckDB does with a text before it runs cannot be interrupted, and takes time and
// stack by the text's shape, so a text is measured before it is parsed. Linear.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace magnetite::query::sql {

struct ShapeLimits {
  size_t bytes_max = 1 << 20;
  size_t tokens_max = 50'000;       // an IN list of over 20,000 values
  size_t depth_max = 200;           // of brackets; people write a dozen, the parser's time grows with the square
  size_t tables_max = 50;           // tables joined in all, also by commas; ordering them takes time by their cube
  size_t set_operations_max = 500;  // UNION, INTERSECT, EXCEPT
  size_t operators_max = 200;       // in one chain such as a + b + c: planning it takes time by its cube
  size_t ors_max = 500;      // OR, in all: looking for what they have in common takes time by more than the square
  size_t steps_max = 100;    // of one path such as a.b[1].c, whose readings are tried one by one
  size_t groups_max = 500;   // expressions in GROUP BY: each is compared with each
  size_t windows_max = 200;  // OVER: each is a step of its own
  size_t lambdas_max = 8;    // one in another: each level doubles the time
};

// kTooLarge for the bytes, kInvalidInput for the rest; the text names the limit. AS NOT MATERIALIZED is refused, too:
// it would repeat a WITH query for each of its uses, and those of its uses.
Result<> check_shape(std::string_view sql, const ShapeLimits& limits = {});

}  // namespace magnetite::query::sql
