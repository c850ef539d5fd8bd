#include "database/partition.h"

#include <limits>

#include "base/check.h"
#include "line_protocol/series_name.h"

namespace magnetite::database {
namespace {

// Tags of a series as the dictionary keeps them.
Result<entry::SeriesOrdinal> insert_series(std::string_view raw, const line_protocol::SeriesName& name,
                                           const schema::TableSchema& schema, chunk::SeriesDictionary& dictionary) {
  std::vector<std::pair<model::ColumnId, std::string_view>> tags;
  tags.reserve(name.tags.size());
  for (const line_protocol::Tag& tag : name.tags) {
    const schema::Column* column = schema.find(tag.key);
    if (column == nullptr || column->type != model::ColumnType::kTag)
      return fail(ErrorCode::kInternal, "tag '" + tag.key + "' of table '" + schema.table() + "' is not in its schema");
    tags.emplace_back(column->id, tag.value);
  }
  return dictionary.insert(raw, tags);
}

}  // namespace

std::shared_ptr<const chunk::SeriesDictionary> Partition::dictionary() const {
  const MutexLock lock(mutex_);
  return dictionary_;
}

std::shared_ptr<chunk::OpenChunk> Partition::open_for_append(WallTime now) {
  const MutexLock lock(mutex_);
  if (!chunks_.empty()) {
    if (const auto* open = std::get_if<Open>(&chunks_.rbegin()->second.stage)) return open->rows;
  }
  if (dictionary_ == nullptr) dictionary_ = std::make_shared<chunk::SeriesDictionary>();
  MAGNETITE_CHECK(next_chunk_id_ != std::numeric_limits<uint32_t>::max());
  const model::ChunkId id{next_chunk_id_++};
  const model::ChunkOrder order{next_order_++};
  auto rows = std::make_shared<chunk::OpenChunk>(id, order, dictionary_, now);
  dictionary_series_at_open_ = dictionary_->size();
  chunks_.emplace(order, Chunk{id, Open{rows}});
  return rows;
}

Result<std::vector<entry::SeriesOrdinal>> Partition::resolve_series(const entry::ParsedBody& body,
                                                                    const entry::PartitionWrite& write,
                                                                    const schema::TableSchema& schema,
                                                                    chunk::SeriesDictionary& dictionary) const {
  std::vector<entry::SeriesOrdinal> ordinals;
  const bool same_dictionary = write.lookup.get() == &dictionary;
  if (same_dictionary)
    ordinals = write.series;
  else
    ordinals.assign(write.lines.size(), entry::kUnknownSeries);
  const auto raw = [&](size_t i) { return body.batch.lines[write.lines[i]].series.in(body.text); };
  for (const entry::NewSeries& added : write.new_series) {
    MAGNETITE_TRY(ordinals[added.position], insert_series(raw(added.position), added.name, schema, dictionary));
  }
  for (size_t i = 0; i < ordinals.size(); ++i) {
    if (ordinals[i] != entry::kUnknownSeries) continue;
    ordinals[i] = dictionary.find(raw(i));
    if (ordinals[i] != entry::kUnknownSeries) continue;
    // Known to the dictionary the write was routed with, not to this one.
    MAGNETITE_TRY(const line_protocol::SeriesName name,
                  line_protocol::split_series(raw(i), std::numeric_limits<size_t>::max()));
    MAGNETITE_TRY(ordinals[i], insert_series(raw(i), name, schema, dictionary));
  }
  return ordinals;
}

Result<size_t> Partition::append(const entry::ParsedBody& body, const std::vector<model::ColumnId>& field_columns,
                                 const entry::PartitionWrite& write, std::shared_ptr<const schema::TableSchema> schema,
                                 WallTime now) {
  const std::shared_ptr<chunk::OpenChunk> open = open_for_append(now);
  const size_t bytes_before = open->bytes() + open->series()->bytes();
  MAGNETITE_TRY(const std::vector<entry::SeriesOrdinal> ordinals,
                resolve_series(body, write, *schema, *open->series()));
  open->append(body, field_columns, write, ordinals, std::move(schema), now);
  const size_t bytes_after = open->bytes() + open->series()->bytes();
  return bytes_after > bytes_before ? bytes_after - bytes_before : 0;
}

std::optional<ClosedChunk> Partition::close_if_above(uint64_t bytes, WallTime now) {
  const MutexLock lock(mutex_);
  if (chunks_.empty()) return std::nullopt;
  auto& [order, chunk] = *chunks_.rbegin();
  const auto* open = std::get_if<Open>(&chunk.stage);
  if (open == nullptr || open->rows->rows() == 0 || open->rows->bytes() < bytes) return std::nullopt;
  const std::shared_ptr<chunk::OpenChunk> rows = open->rows;
  ClosedChunk closed{chunk.id, order, rows->snapshot(), rows->bytes()};
  chunk.stage = Closed{rows, now};
  // The successor inherits the dictionary while most of its series are new or were hit; a dictionary full of series
  // that are gone would only cost memory. Ordinals already routed stay valid: they name their dictionary.
  constexpr uint64_t kRowsPerSeriesMin = 2;
  if (closed.rows.rows < kRowsPerSeriesMin * dictionary_->size() && dictionary_series_at_open_ > 0) {
    closed.bytes += dictionary_->bytes();
    dictionary_ = nullptr;
  }
  return closed;
}

void Partition::install(model::ChunkId id, std::shared_ptr<const chunk::Image> image) {
  const MutexLock lock(mutex_);
  for (auto& [order, chunk] : chunks_) {
    if (chunk.id != id) continue;
    const auto* closed = std::get_if<Closed>(&chunk.stage);
    MAGNETITE_CHECK(closed != nullptr);
    const Closed from = *closed;
    chunk.stage = ImageInMemory{std::move(image), from.rows->first_write(), from.rows->last_write(), from.closed_at};
    return;
  }
  MAGNETITE_CHECK_MSG(false, "an image for a chunk that is not there");
}

void Partition::snapshot(std::vector<query::ChunkSnapshot>& out) const {
  const MutexLock lock(mutex_);
  for (const auto& [order, chunk] : chunks_) {
    query::ChunkSnapshot seen;
    seen.partition_key = key_;
    seen.id = chunk.id;
    seen.order = order;
    if (const auto* image = std::get_if<ImageInMemory>(&chunk.stage)) {
      seen.storage = query::ChunkStorage::kReadBuffer;
      seen.rows = image->image->row_count();
      seen.bytes = image->image->memory_bytes();
      seen.times = image->image->times();
      seen.first_write = image->first_write;
      seen.last_write = image->last_write;
      seen.closed = image->closed_at;
      seen.data = std::static_pointer_cast<const chunk::SortedChunk>(image->image);
    } else {
      const auto* closed = std::get_if<Closed>(&chunk.stage);
      const chunk::OpenChunk& rows = closed != nullptr ? *closed->rows : *std::get<Open>(chunk.stage).rows;
      const chunk::OpenSnapshot view = rows.snapshot();
      if (view.rows == 0) continue;
      seen.storage =
          closed != nullptr ? query::ChunkStorage::kClosedMutableBuffer : query::ChunkStorage::kOpenMutableBuffer;
      seen.rows = view.rows;
      seen.bytes = rows.bytes();
      seen.times = view.times;
      seen.first_write = rows.first_write();
      seen.last_write = rows.last_write();
      if (closed != nullptr) seen.closed = closed->closed_at;
      seen.data = view;
    }
    out.push_back(std::move(seen));
  }
}

uint64_t Partition::memory_bytes() const {
  const MutexLock lock(mutex_);
  uint64_t bytes = dictionary_ == nullptr ? 0 : dictionary_->bytes();
  for (const auto& [order, chunk] : chunks_) {
    if (const auto* image = std::get_if<ImageInMemory>(&chunk.stage))
      bytes += image->image->memory_bytes();
    else if (const auto* closed = std::get_if<Closed>(&chunk.stage))
      bytes += closed->rows->bytes();
    else
      bytes += std::get<Open>(chunk.stage).rows->bytes();
  }
  return bytes;
}

}  // namespace magnetite::database
