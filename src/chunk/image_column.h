// Internal: one column chunk of a Parquet file into a flat vector.
#pragma once

#include <memory>

#include "base/result.h"
#include "chunk/sorted_chunk.h"

namespace parquet {
class ColumnReader;
}

namespace magnetite::chunk {

// `rows` values, NULLs included; `no_null`: the file says there is none. kCorruption when there are fewer values.
// Parquet's exceptions pass through.
Result<std::shared_ptr<const DecodedColumn>> read_column(parquet::ColumnReader& reader, model::ColumnType type,
                                                         size_t rows, bool no_null);

}  // namespace magnetite::chunk
