// Checkpoints as short text, for a Parquet file's metadata and for the catalog. Format: docs/formats/checkpoints.md.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "persistence/checkpoint.h"

namespace magnetite::persistence {

// The names of table and partition are not in the text: whoever stores it names them anyway.
std::string encode(const PartitionCheckpoint& checkpoint);
std::string encode(const DatabaseCheckpoint& checkpoint);

// Accept exactly what encode() makes; kCorruption for anything else.
Result<PartitionCheckpoint> decode_partition_checkpoint(std::string_view text, std::string table,
                                                        std::string partition_key);
Result<DatabaseCheckpoint> decode_database_checkpoint(std::string_view text);

}  // namespace magnetite::persistence
