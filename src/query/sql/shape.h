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
  size_t tables_max = 100;          // tables joined in all, also by commas; ordering them takes time by their cube
  size_t set_operations_max = 500;  // UNION, INTERSECT, EXCEPT
  size_t operators_max = 500;       // in one chain such as a + b + c: planning it takes time by its cube
};

// kTooLarge for the bytes, kInvalidInput for the rest; the text names the limit.
Result<> check_shape(std::string_view sql, const ShapeLimits& limits = {});

}  // namespace magnetite::query::sql
