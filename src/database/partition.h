// One partition of a table: its open chunk and those before it. Exactly one lane writes it (L2).
//
//   Open --close--> Closed --install--> ImageInMemory
#pragma once

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "chunk/image.h"
#include "chunk/open_chunk.h"
#include "entry/routed_write.h"
#include "query/table_snapshot.h"

namespace magnetite::database {

// A chunk that was closed and waits for its image.
struct ClosedChunk {
  model::ChunkId id;
  model::ChunkOrder order;
  chunk::OpenSnapshot rows;
  uint64_t bytes = 0;  // that installing its image gives back
};

class Partition {
 public:
  Partition(std::string table, std::string key) : table_(std::move(table)), key_(std::move(key)) {}

  const std::string& table() const { return table_; }
  const std::string& key() const { return key_; }

  // The dictionary new rows refer to; nullptr before the first row. Any thread.
  std::shared_ptr<const chunk::SeriesDictionary> dictionary() const EXCLUDES(mutex_);

  // Lane only: the rows are visible when this returns. Opens a chunk if there is none. Returns the bytes it grew by.
  Result<size_t> append(const entry::ParsedBody& body, const std::vector<model::ColumnId>& field_columns,
                        const entry::PartitionWrite& write, std::shared_ptr<const schema::TableSchema> schema,
                        WallTime now) EXCLUDES(mutex_);

  // Lane only: ends the open chunk when it holds at least `bytes`; the caller builds its image.
  std::optional<ClosedChunk> close_if_above(uint64_t bytes, WallTime now) EXCLUDES(mutex_);

  // Any thread: replaces a closed chunk by its image, in one step.
  void install(model::ChunkId id, std::shared_ptr<const chunk::Image> image) EXCLUDES(mutex_);

  void snapshot(std::vector<query::ChunkSnapshot>& out) const EXCLUDES(mutex_);
  uint64_t memory_bytes() const EXCLUDES(mutex_);

 private:
  struct Open {
    std::shared_ptr<chunk::OpenChunk> rows;
  };
  struct Closed {
    std::shared_ptr<chunk::OpenChunk> rows;
    WallTime closed_at;
  };
  struct ImageInMemory {
    std::shared_ptr<const chunk::Image> image;
    WallTime first_write, last_write, closed_at;
  };
  using Stage = std::variant<Open, Closed, ImageInMemory>;
  struct Chunk {
    model::ChunkId id;
    Stage stage;
  };

  std::shared_ptr<chunk::OpenChunk> open_for_append(WallTime now) EXCLUDES(mutex_);
  Result<std::vector<entry::SeriesOrdinal>> resolve_series(const entry::ParsedBody& body,
                                                           const entry::PartitionWrite& write,
                                                           const schema::TableSchema& schema,
                                                           chunk::SeriesDictionary& dictionary) const;

  const std::string table_;
  const std::string key_;
  mutable Mutex mutex_;
  std::map<model::ChunkOrder, Chunk> chunks_ GUARDED_BY(mutex_);  // the last one may be open
  std::shared_ptr<chunk::SeriesDictionary> dictionary_ GUARDED_BY(mutex_);
  uint64_t dictionary_series_at_open_ GUARDED_BY(mutex_) = 0;
  uint32_t next_chunk_id_ GUARDED_BY(mutex_) = 0;
  uint64_t next_order_ GUARDED_BY(mutex_) = 0;
};

}  // namespace magnetite::database
