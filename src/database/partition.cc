#include "database/partition.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/check.h"
#include "database/views.h"
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

ChunkWork work_of(const StagedChunk& chunk) {
  ChunkWork work{chunk.id(), chunk.order(), chunk.times(), chunk.rows(), chunk.last_entry(), {}, {}};
  if (const StoredFacts* stored = chunk.stored()) work.file = stored->name;
  if (const auto* closed = std::get_if<StagedChunk::Closed>(&chunk.stage()))
    work.data = closed->snapshot;
  else if (const auto* in_memory = std::get_if<StagedChunk::InMemory>(&chunk.stage()))
    work.data = in_memory->image;
  else if (const auto* persisted = std::get_if<StagedChunk::Persisted>(&chunk.stage()))
    work.data = persisted->image;
  else
    work.data = std::get<StagedChunk::Unloaded>(chunk.stage()).image;
  return work;
}

}  // namespace

Partition::~Partition() { context_.memory.change(-static_cast<int64_t>(charged_bytes_)); }

std::shared_ptr<const chunk::SeriesDictionary> Partition::dictionary() const {
  const MutexLock lock(mutex_);
  return dictionary_;
}

std::shared_ptr<chunk::OpenChunk> Partition::open_for_append(WallTime now) {
  if (const StagedChunk* open = chunks_.open()) return std::get<StagedChunk::Open>(open->stage()).rows;
  if (dictionary_ == nullptr) dictionary_ = std::make_shared<chunk::SeriesDictionary>();
  const model::ChunkId id = chunks_.next_id();
  const model::ChunkOrder order = chunks_.next_order();
  auto rows = std::make_shared<chunk::OpenChunk>(id, order, dictionary_, now);
  dictionary_series_at_open_ = dictionary_->size();
  chunks_.add(StagedChunk(address(id), order, StagedChunk::Open{rows}));
  context_.counters.count(ChunkEvent::kOpen, 0);
  charge();
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

Result<> Partition::append(const entry::ParsedBody& body, const std::vector<model::ColumnId>& field_columns,
                           const entry::PartitionWrite& write, std::shared_ptr<const schema::TableSchema> schema,
                           const write_buffer::StoredAt& stored_at, WallTime now) {
  const MutexLock appending(append_mutex_);
  std::shared_ptr<chunk::OpenChunk> open;
  {
    const MutexLock lock(mutex_);
    const persistence::Batch batch{stored_at.sequence, write.lines.size(), write.times, stored_at.written_at};
    const auto added = windows_.add(batch, now);
    context_.watermarks.applied(stored_at.sequence, added.change ? &*added.change : nullptr);
    if (added.redelivered) return {};
    open = open_for_append(stored_at.written_at);
    chunks_.open()->applied(stored_at.sequence);
  }
  MAGNETITE_TRY(const std::vector<entry::SeriesOrdinal> ordinals,
                resolve_series(body, write, *schema, *open->series()));
  open->append(body, field_columns, write, ordinals, std::move(schema), stored_at.written_at);
  const MutexLock lock(mutex_);
  const uint64_t open_bytes = open->bytes() + open->series()->bytes();
  context_.memory.change(static_cast<int64_t>(open_bytes) - static_cast<int64_t>(charged_open_bytes_));
  charged_bytes_ += open_bytes - charged_open_bytes_;
  charged_open_bytes_ = open_bytes;
  changed_.store(true, std::memory_order_relaxed);
  return {};
}

// The successor inherits the dictionary while most of its series are new or were hit; a dictionary full of series that
// are gone would only cost memory. Ordinals already routed stay valid: they name their dictionary.
void Partition::settle_dictionary(const chunk::OpenChunk& closed) {
  constexpr uint64_t kRowsPerSeriesMin = 2;
  if (closed.rows() < kRowsPerSeriesMin * dictionary_->size() && dictionary_series_at_open_ > 0) dictionary_ = nullptr;
}

void Partition::closed(const chunk::OpenChunk& rows) {
  settle_dictionary(rows);
  context_.counters.count(ChunkEvent::kClosed, rows.bytes());
}

std::vector<ChunkWork> Partition::work_begun(std::span<const model::ChunkId> ids, LifecycleAction action) const {
  std::vector<ChunkWork> work;
  for (const auto& [key, chunk] : chunks_.all()) {
    if (!std::ranges::contains(ids, chunk.id())) continue;
    work.push_back(work_of(chunk));
    if (action == LifecycleAction::kMoving) context_.counters.count(ChunkEvent::kMoving, chunk.memory_bytes());
    if (action == LifecycleAction::kPersisting)
      context_.counters.count(ChunkEvent::kWritingObjectStore, chunk.memory_bytes());
  }
  return work;
}

Result<> Partition::put_results(std::span<const model::ChunkId> sources, LifecycleAction action,
                                std::vector<StagedChunk> results) {
  std::vector<std::pair<ChunkEvent, uint64_t>> events;
  for (const StagedChunk& result : results) events.push_back(arrival_of(result));
  MAGNETITE_RETURN_IF_ERROR(chunks_.replace(sources, action, std::move(results)));
  for (const auto& [event, bytes] : events) context_.counters.count(event, bytes);
  return {};
}

std::shared_ptr<chunk::OpenChunk> Partition::open_rows() {
  const StagedChunk* open = chunks_.open();
  return open == nullptr ? nullptr : std::get<StagedChunk::Open>(open->stage()).rows;
}

std::optional<ChunkWork> Partition::close_if_above(uint64_t bytes, WallTime now) {
  const MutexLock appending(append_mutex_);
  const MutexLock lock(mutex_);
  const std::shared_ptr<chunk::OpenChunk> rows = open_rows();
  if (rows == nullptr || rows->rows() == 0 || rows->bytes() < bytes) return std::nullopt;
  StagedChunk& open = *chunks_.open();
  MAGNETITE_CHECK(open.begin(LifecycleAction::kMoving, now).has_value());
  closed(*rows);
  context_.counters.count(ChunkEvent::kMoving, open.memory_bytes());
  charge();
  return work_of(open);
}

void Partition::close(WallTime now) {
  const MutexLock lock(mutex_);
  const std::shared_ptr<chunk::OpenChunk> rows = open_rows();
  if (rows == nullptr || rows->rows() == 0) return;
  MAGNETITE_CHECK(chunks_.open()->close(now).has_value());
  closed(*rows);
  charge();
}

Result<std::vector<ChunkWork>> Partition::begin(std::span<const model::ChunkId> ids, LifecycleAction action,
                                                WallTime now) {
  const MutexLock lock(mutex_);
  const std::shared_ptr<chunk::OpenChunk> rows = open_rows();
  MAGNETITE_RETURN_IF_ERROR(chunks_.begin(ids, action, now));
  if (rows != nullptr && chunks_.open() == nullptr) closed(*rows);
  std::vector<ChunkWork> work = work_begun(ids, action);
  charge();
  return work;
}

void Partition::abandon(std::span<const model::ChunkId> ids, LifecycleAction action) {
  const MutexLock lock(mutex_);
  chunks_.abandon(ids, action);
}

Result<> Partition::moved(model::ChunkId id, std::shared_ptr<const chunk::Image> image) {
  return change(id, [&](StagedChunk& chunk) { return chunk.moved(std::move(image)); }, ChunkEvent::kMoved);
}

Result<> Partition::replace(std::span<const model::ChunkId> sources, LifecycleAction action,
                            std::vector<StagedChunk> results) {
  const MutexLock lock(mutex_);
  MAGNETITE_RETURN_IF_ERROR(put_results(sources, action, std::move(results)));
  charge();
  return {};
}

lifecycle::PartitionView Partition::view() const {
  const MutexLock lock(mutex_);
  return view_with(windows_);
}

lifecycle::PartitionView Partition::view_at(Duration late_arrive_window, WallTime then) const {
  const MutexLock lock(mutex_);
  persistence::PersistenceWindows windows = windows_;
  windows.set_late_arrive_window(late_arrive_window);
  windows.rotate(then);
  return view_with(windows);
}

lifecycle::PartitionView Partition::view_with(const persistence::PersistenceWindows& windows) const {
  lifecycle::PartitionView view;
  view.table = table_;
  view.partition_key = key_;
  view.chunks = views_of(chunks_);
  for (const lifecycle::ChunkView& chunk : view.chunks) view.last_write = std::max(view.last_write, chunk.last_write);
  view.unpersisted = view_of(windows);
  return view;
}

std::vector<persistence::MinimumChange> Partition::flush_changes() const {
  const MutexLock lock(mutex_);
  return windows_.flush_changes();
}

persistence::PartitionCheckpoint Partition::checkpoint() const {
  const MutexLock lock(mutex_);
  return windows_.checkpoint();
}

void Partition::rotate_windows(Duration late_arrive_window, WallTime now) {
  const MutexLock lock(mutex_);
  windows_.set_late_arrive_window(late_arrive_window);
  windows_.rotate(now);
}

void Partition::mark_seen(const persistence::SequencerRanges& ranges) {
  const MutexLock lock(mutex_);
  windows_.mark_seen(ranges);
}

model::ChunkId Partition::next_chunk_id() {
  const MutexLock lock(mutex_);
  return chunks_.next_id();
}

void Partition::add(StagedChunk chunk) {
  const MutexLock lock(mutex_);
  chunks_.add(std::move(chunk));
  charge();
}

void Partition::go_on_after(model::ChunkId id, model::ChunkOrder order) {
  const MutexLock lock(mutex_);
  chunks_.go_on_after(id, order);
}

Result<> Partition::drop(model::ChunkId id) {
  const MutexLock lock(mutex_);
  const StagedChunk* chunk = chunks_.find(id);
  if (chunk == nullptr) return fail(ErrorCode::kNotFound, address(id).text() + " is not there");
  MAGNETITE_RETURN_IF_ERROR(chunk->check_drop());
  if (const auto last = chunk->last_entry(); last && chunk->unpersisted()) {
    MAGNETITE_TRY(const auto changes, windows_.drop_through({{last->sequencer, last->number}}));
    context_.watermarks.apply(changes);
  }
  const std::shared_ptr<chunk::OpenChunk> rows = open_rows();
  MAGNETITE_RETURN_IF_ERROR(chunks_.drop(id));
  if (rows != nullptr && chunks_.open() == nullptr) settle_dictionary(*rows);
  charge();
  return {};
}

void Partition::tally(ChunkTally& sums) const {
  const MutexLock lock(mutex_);
  for (const auto& [key, chunk] : chunks_.all()) database::add(chunk, sums);
}

std::optional<StagedChunk> Partition::find(model::ChunkId id) const {
  const MutexLock lock(mutex_);
  const StagedChunk* chunk = chunks_.find(id);
  return chunk == nullptr ? std::nullopt : std::optional(*chunk);
}

std::vector<StagedChunk> Partition::chunks() const {
  const MutexLock lock(mutex_);
  std::vector<StagedChunk> all;
  all.reserve(chunks_.all().size());
  for (const auto& [key, chunk] : chunks_.all()) all.push_back(chunk);
  return all;
}

Result<> Partition::unload(model::ChunkId id, std::shared_ptr<const chunk::StoredImage> image) {
  return change(id, [&](StagedChunk& chunk) { return chunk.unload(std::move(image)); }, ChunkEvent::kInStoreOnly);
}

Result<> Partition::load(model::ChunkId id, std::shared_ptr<const chunk::Image> in_memory) {
  return change(id, [&](StagedChunk& chunk) { return chunk.load(std::move(in_memory)); }, ChunkEvent::kPersisted);
}

template <class Edge>
Result<> Partition::change(model::ChunkId id, Edge&& edge, ChunkEvent event) {
  const MutexLock lock(mutex_);
  StagedChunk* chunk = chunks_.find(id);
  if (chunk == nullptr) return fail(ErrorCode::kNotFound, address(id).text() + " is not there");
  MAGNETITE_RETURN_IF_ERROR(edge(*chunk));
  context_.counters.count(event, bytes_at(*chunk, event));
  charge();
  return {};
}

void Partition::snapshot(WallTime now, std::vector<query::ChunkSnapshot>& out) const {
  const MutexLock lock(mutex_);
  for (const auto& [key, chunk] : chunks_.all()) {
    query::ChunkSnapshot seen;
    seen.rows = chunk.rows();
    if (seen.rows == 0) continue;
    chunk.use(now);
    seen.partition_key = key_;
    seen.id = chunk.id();
    seen.order = chunk.order();
    seen.storage = chunk.storage();
    seen.bytes = chunk.memory_bytes();
    seen.times = chunk.row_times();
    const ChunkTimes times = chunk.times();
    seen.first_write = times.first_write;
    seen.last_write = times.last_write;
    seen.closed = times.closed;
    std::visit(
        [&](const auto& stage) {
          using Stage = std::remove_cvref_t<decltype(stage)>;
          if constexpr (std::is_same_v<Stage, StagedChunk::Open>) {
            chunk::OpenSnapshot view = stage.rows->snapshot();
            seen.rows = view.rows;
            seen.times = view.times;
            seen.data = std::move(view);
          } else if constexpr (std::is_same_v<Stage, StagedChunk::Closed>) {
            seen.data = stage.snapshot;
          } else if constexpr (std::is_same_v<Stage, StagedChunk::Unloaded>) {
            seen.data = stage.image;
          } else {
            seen.data = std::static_pointer_cast<const chunk::SortedChunk>(stage.image);
          }
        },
        chunk.stage());
    out.push_back(std::move(seen));
  }
}

uint64_t Partition::count_memory() const {
  uint64_t bytes = 0;
  std::set<const chunk::SeriesDictionary*> dictionaries;
  if (dictionary_ != nullptr) dictionaries.insert(dictionary_.get());
  for (const auto& [key, chunk] : chunks_.all()) {
    bytes += chunk.memory_bytes();
    if (const auto* open = std::get_if<StagedChunk::Open>(&chunk.stage()))
      dictionaries.insert(open->rows->series().get());
    else if (const auto* closed = std::get_if<StagedChunk::Closed>(&chunk.stage()))
      dictionaries.insert(closed->rows->series().get());
  }
  for (const chunk::SeriesDictionary* dictionary : dictionaries) bytes += dictionary->bytes();
  return bytes;
}

void Partition::charge() {
  const uint64_t bytes = count_memory();
  context_.memory.change(static_cast<int64_t>(bytes) - static_cast<int64_t>(charged_bytes_));
  charged_bytes_ = bytes;
  const std::shared_ptr<chunk::OpenChunk> open = open_rows();
  charged_open_bytes_ = open == nullptr ? 0 : open->bytes() + open->series()->bytes();
}

uint64_t Partition::rows() const {
  const MutexLock lock(mutex_);
  uint64_t rows = 0;
  for (const auto& [key, chunk] : chunks_.all()) rows += chunk.rows();
  return rows;
}

}  // namespace magnetite::database
