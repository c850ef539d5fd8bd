// Rows of a large result, made while the ones before them are being sent.
#pragma once

#include <cstdint>
#include <memory>

#include "base/executor.h"
#include "query/sql/engine.h"

namespace magnetite::query::sql {

// A few batches are held (kRowsHeldMax rows) and one more is in the making, on a task of its own that starts only once
// a result shows to be large. Ends `rows` when destroyed.
inline constexpr int64_t kRowsHeldMax = 64 * 1024;

std::unique_ptr<ResultStream> read_ahead(Executor& executor, std::unique_ptr<ResultStream> rows);

}  // namespace magnetite::query::sql
