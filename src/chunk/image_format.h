// Internal: what an image holds beyond plain Parquet: footer keys, the series index, checksums.
// docs/formats/parquet_image.md describes every byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "chunk/series_index.h"

namespace magnetite::chunk {

inline constexpr std::string_view kImageVersion = "2";
inline constexpr std::string_view kParquetMagic = "PAR1";
inline constexpr size_t kParquetEndBytes = 8;  // footer length and magic
inline constexpr const char* kVersionKey = "magnetite:version";
inline constexpr const char* kDatabaseKey = "magnetite:database";
inline constexpr const char* kDatabaseUuidKey = "magnetite:database_uuid";
inline constexpr const char* kPartitionKey = "magnetite:partition_key";
inline constexpr const char* kChunkIdKey = "magnetite:chunk_id";
inline constexpr const char* kChunkOrderKey = "magnetite:chunk_order";
inline constexpr const char* kCreatedAtKey = "magnetite:created_at";
inline constexpr const char* kSequencesKey = "magnetite:sequences";
inline constexpr const char* kPartitionCheckpointKey = "magnetite:partition_checkpoint";  // base64
inline constexpr const char* kDatabaseCheckpointKey = "magnetite:database_checkpoint";    // base64
inline constexpr const char* kSortKeyKey = "magnetite:sort_key";                          // column ids
inline constexpr const char* kRowCountKey = "magnetite:row_count";
inline constexpr const char* kColumnChecksumsKey = "magnetite:column_checksums";
inline constexpr const char* kSeriesIndexKey = "magnetite:series_index";
inline constexpr const char* kTableKey = "iox::measurement::name";
inline constexpr const char* kArrowSchemaKey = "ARROW:schema";
inline constexpr const char* kSealKey = "magnetite:seal";  // last

std::string encode_series(const SeriesIndex& index);
Result<std::unique_ptr<SeriesIndex>> decode_series(std::span<const std::byte> bytes);

// XXH3 with 64 bits.
uint64_t checksum_of(std::span<const std::byte> bytes);
class RunningChecksum {
 public:
  RunningChecksum();
  ~RunningChecksum();
  RunningChecksum(const RunningChecksum&) = delete;
  RunningChecksum& operator=(const RunningChecksum&) = delete;
  void reset();
  void add(std::span<const std::byte> bytes);
  uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

inline constexpr size_t kChecksumDigits = 16;
std::string checksum_text(uint64_t checksum);  // 16 hex digits
std::optional<uint64_t> parse_checksum(std::string_view text);

// The tail of a file (page index, footer and end) is sealed: a footer entry says where the tail begins and what its
// checksum is, the checksum's own digits taken as '0'.
std::string unsealed(uint64_t tail_begin);         // the entry before seal()
Result<uint64_t> seal(std::span<std::byte> tail);  // returns the checksum
struct Seal {
  uint64_t tail_begin = 0;
  uint64_t checksum = 0;
};
// Of what an image ends with; no verdict on it yet. kCorruption when there is none.
Result<Seal> find_seal(std::span<const std::byte> footer_and_end);
Result<> verify_seal(std::span<const std::byte> tail);

// Bytes of the footer, from the last kParquetEndBytes of a file. kCorruption when it cannot be an image.
Result<uint64_t> footer_bytes_of(std::span<const std::byte> file_end, uint64_t file_bytes);

}  // namespace magnetite::chunk
