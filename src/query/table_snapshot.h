// What a query sees of a table: an immutable set of chunks, taken in one step. The database provides it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "chunk/open_chunk.h"
#include "chunk/sorted_chunk.h"
#include "chunk/stored_image.h"
#include "model/ids.h"
#include "model/time_range.h"
#include "query/system_table.h"
#include "schema/table_schema.h"

namespace magnetite::query {

// Storage states as users know them.
enum class ChunkStorage : uint8_t {
  kOpenMutableBuffer,
  kClosedMutableBuffer,
  kReadBuffer,
  kReadBufferAndObjectStore,
  kObjectStoreOnly,
};
std::string_view to_string(ChunkStorage storage);  // "OpenMutableBuffer", ...

struct ChunkSnapshot {
  std::string partition_key;
  model::ChunkId id;
  model::ChunkOrder order;  // within the partition; chunks of different partitions never share an identity
  ChunkStorage storage = ChunkStorage::kOpenMutableBuffer;
  uint64_t rows = 0;
  size_t bytes = 0;
  model::TimeRange times = model::TimeRange::none();
  WallTime first_write;
  WallTime last_write;
  WallTime closed;  // 0 = still open
  // A stored image may need reading first: open_stored().
  std::variant<chunk::OpenSnapshot, std::shared_ptr<const chunk::SortedChunk>,
               std::shared_ptr<const chunk::StoredImage>>
      data;
};

// What scans did not have to read, since the start. Thread-safe.
struct PruneCounters {
  std::atomic<uint64_t> chunks = 0;
  std::atomic<uint64_t> rows = 0;
};

struct TableSnapshot {
  std::shared_ptr<const schema::TableSchema> schema;
  chunk::SortKey sort_key;  // covers every chunk's
  std::vector<ChunkSnapshot> chunks;
  std::shared_ptr<PruneCounters> pruned;  // where a scan reports to; nullptr: nowhere
};

// Opens the stored images of chunks that have rows in `times`, so that their data is sorted rows; may block. The first
// error ends it.
Result<> open_stored(TableSnapshot& snapshot, const model::TimeRange& times);

// Tables of one database. Thread-safe; implemented by database::Database.
class TableSource {
 public:
  virtual ~TableSource() = default;
  virtual const std::string& database_name() const = 0;
  virtual std::vector<std::string> table_names() const = 0;  // byte order; tables without chunks included
  virtual std::shared_ptr<const schema::TableSchema> table_schema(std::string_view table) const = 0;  // nullptr if none
  virtual Result<TableSnapshot> snapshot(std::string_view table) const = 0;
  virtual const SystemTables* system_tables() const { return nullptr; }  // nullptr: there are none
};

// All databases a server has. Thread-safe; implemented by server::Server.
class DatabaseSource {
 public:
  virtual ~DatabaseSource() = default;
  virtual std::vector<std::string> database_names() const = 0;
  // kNotFound, or kUnavailable while databases load.
  virtual Result<std::shared_ptr<const TableSource>> database(std::string_view name) const = 0;
};

}  // namespace magnetite::query
