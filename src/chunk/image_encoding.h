// Internal: which Parquet encoding suits a column, judged by a sample of it.
#pragma once

#include <cstdint>

#include "chunk/sorted_chunk.h"

namespace magnetite::chunk {

enum class ColumnEncoding : uint8_t {
  kPlain,
  kDictionary,
  kDelta,  // integers and time: differences, bit-packed
  kSplit,  // floats: first bytes first, so that the compressor sees them together
};

ColumnEncoding choose_encoding(const DecodedColumn& sample);

}  // namespace magnetite::chunk
