// Internal: what an image holds beyond plain Parquet: footer keys, the series index, the checksum.
// docs/formats/parquet_image.md describes every byte.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "chunk/series_index.h"

namespace magnetite::chunk {

inline constexpr std::string_view kImageVersion = "1";
inline constexpr const char* kVersionKey = "magnetite:version";
inline constexpr const char* kDatabaseKey = "magnetite:database";
inline constexpr const char* kDatabaseUuidKey = "magnetite:database_uuid";
inline constexpr const char* kPartitionKey = "magnetite:partition_key";
inline constexpr const char* kChunkIdKey = "magnetite:chunk_id";
inline constexpr const char* kChunkOrderKey = "magnetite:chunk_order";
inline constexpr const char* kSortKeyKey = "magnetite:sort_key";  // column ids, comma separated
inline constexpr const char* kRowCountKey = "magnetite:row_count";
inline constexpr const char* kSeriesIndexKey = "magnetite:series_index";  // "<offset>,<length>" in the file
inline constexpr const char* kTableKey = "iox::measurement::name";
inline constexpr const char* kArrowSchemaKey = "ARROW:schema";
inline constexpr const char* kChecksumKey = "magnetite:checksum";  // last; kChecksumDigits hex digits
inline constexpr size_t kChecksumDigits = 16;

std::string encode_series(const SeriesIndex& index);
Result<std::unique_ptr<SeriesIndex>> decode_series(std::span<const std::byte> bytes);

// XXH3 of the whole file, its own digits taken as '0'. seal() writes it into a finished file.
Result<> seal(std::span<std::byte> file);
Result<> verify_seal(std::span<const std::byte> file);

}  // namespace magnetite::chunk
