#include "chunk/image_writer.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "chunk/column_buffer.h"
#include "chunk/image_encoder.h"
#include "chunk/series_collector.h"

namespace magnetite::chunk {
namespace {

class StreamingWriter final : public ImageWriter {
 public:
  StreamingWriter(ByteSink& sink, std::shared_ptr<const schema::TableSchema> schema, SortKey key,
                  std::vector<model::ColumnId> columns, ImageIdentity identity, const ImageOptions& options)
      : schema_(std::move(schema)),
        identity_(std::move(identity)),
        options_(options),
        encoder_(sink, *schema_, std::move(columns), options_),
        group_rows_max_(row_group_rows(encoder_.columns(), *schema_, options_)),
        tags_(static_cast<size_t>(std::ranges::find(encoder_.columns(), schema::kTimeColumnId) -
                                  encoder_.columns().begin())),
        series_(std::move(key), std::span(encoder_.columns()).first(tags_)) {
    for (const model::ColumnId id : std::span(encoder_.columns()).subspan(tags_))
      values_.emplace_back(schema_->column(id).type, group_rows_max_);
  }

  std::span<const model::ColumnId> columns() const override { return encoder_.columns(); }
  uint64_t rows() const override { return rows_; }
  uint64_t bytes() const override { return encoder_.bytes(); }
  uint64_t row_groups() const override { return row_groups_; }

  Result<> append(const RowBatch& batch, size_t first, size_t count) override {
    MAGNETITE_CHECK(batch.columns.size() == encoder_.columns().size() && first + count <= batch.rows);
    while (count > 0) {
      size_t taken = std::min<size_t>(count, group_rows_max_ - group_rows_);
      for (size_t i = 0; i < values_.size(); ++i)
        taken = values_[i].rows_within(batch.columns[tags_ + i], first, taken, options_.row_group_bytes_max);
      MAGNETITE_RETURN_IF_ERROR(take(batch, first, taken));
      first += taken;
      count -= taken;
      if (group_rows_ == group_rows_max_ || text_bytes() > options_.row_group_bytes_max)
        MAGNETITE_RETURN_IF_ERROR(write_group());
    }
    return {};
  }

  Result<ImageFacts> finish(const ClosingFacts& closing) override {
    MAGNETITE_CHECK(rows_ > 0);
    if (group_rows_ > 0) MAGNETITE_RETURN_IF_ERROR(write_group());
    const std::unique_ptr<SeriesIndex> index = series_.finish();
    return encoder_.finish(*index, identity_, closing);
  }

 private:
  Result<> take(const RowBatch& batch, size_t first, size_t count) {
    const std::span<const ColumnVector> vectors(batch.columns);
    new_runs_.clear();
    MAGNETITE_RETURN_IF_ERROR(series_.add(vectors.first(tags_), first, count, new_runs_));
    MAGNETITE_RETURN_IF_ERROR(check_times(vectors[tags_], first));
    for (const SeriesRun& run : new_runs_) {
      if (!runs_.empty() && runs_.back().series == run.series)
        runs_.back().rows += run.rows;
      else
        runs_.push_back(run);
    }
    for (size_t i = 0; i < values_.size(); ++i) values_[i].append(vectors[tags_ + i], first, count);
    group_rows_ += count;
    rows_ += count;
    return {};
  }

  // Ascending within each series of new_runs_.
  Result<> check_times(const ColumnVector& vector, size_t first) {
    MAGNETITE_CHECK(vector.kind == ColumnVector::Kind::kFlat);
    const int64_t* times = static_cast<const int64_t*>(vector.data) + first;
    for (const SeriesRun& run : new_runs_) {
      bool ascending = last_series_ != run.series || rows_ == 0 || last_time_ < times[0];
      for (uint64_t row = 1; row < run.rows; ++row) ascending &= times[row - 1] < times[row];
      if (!ascending) return fail(ErrorCode::kCorruption, "rows of a series to be merged are not in the order of time");
      last_series_ = run.series;
      last_time_ = times[run.rows - 1];
      times += run.rows;
    }
    return {};
  }

  size_t text_bytes() const {
    size_t bytes = 0;
    for (const ColumnBuffer& column : values_) bytes += column.text_bytes();
    return bytes;
  }

  Result<> write_group() {
    const std::span<const model::ColumnId> value_ids = std::span(encoder_.columns()).subspan(tags_);
    const auto vector_of = [&](model::ColumnId id) {
      return values_[static_cast<size_t>(std::ranges::find(value_ids, id) - value_ids.begin())].vector();
    };
    GroupRows group;
    group.rows = group_rows_;
    group.series = runs_;
    group.tag = [&](model::ColumnId id) { return series_.tag(id); };
    group.read = [&](model::ColumnId id, const GroupRows::UseSlice& use) -> Result<> {
      use(vector_of(id), 0, group_rows_);
      return {};
    };
    MAGNETITE_RETURN_IF_ERROR(encoder_.write_group(group, [&](model::ColumnId id) -> Result<ColumnEncoding> {
      return choose_encoding({vector_of(id), group_rows_, 0});
    }));
    for (ColumnBuffer& column : values_) column.clear();
    runs_.clear();
    group_rows_ = 0;
    ++row_groups_;
    return {};
  }

  const std::shared_ptr<const schema::TableSchema> schema_;
  const ImageIdentity identity_;
  const ImageOptions options_;
  ImageEncoder encoder_;
  const uint64_t group_rows_max_;
  const size_t tags_;  // of the columns
  SeriesCollector series_;
  std::vector<ColumnBuffer> values_;  // time and fields of the row group at hand
  std::vector<SeriesRun> runs_;       // its series
  std::vector<SeriesRun> new_runs_;   // of the rows just taken
  uint64_t group_rows_ = 0;
  uint64_t rows_ = 0;
  uint64_t row_groups_ = 0;
  uint32_t last_series_ = 0;
  int64_t last_time_ = 0;
};

// Writes a chunk that is there as a whole: its columns are decoded one by one and never copied.
class WholeWriter {
 public:
  // Columns that were decoded to choose encodings are kept until they are written, up to this.
  static constexpr size_t kKeptBytesMax = 32 * 1024 * 1024;

  explicit WholeWriter(const SortedChunk& rows) : rows_(rows), index_(rows.series()) {}

  Result<> write(ImageEncoder& encoder, uint64_t group_rows) {
    for (uint64_t first = 0; first < rows_.row_count(); first += group_rows) {
      const uint64_t count = std::min(group_rows, rows_.row_count() - first);
      const std::vector<SeriesRun> runs = runs_of(first, count);
      GroupRows group;
      group.rows = count;
      group.series = runs;
      group.tag = [&](model::ColumnId id) { return index_.tag_column(id); };
      group.read = [&](model::ColumnId id, const GroupRows::UseSlice& use) { return read(id, first, count, use); };
      MAGNETITE_RETURN_IF_ERROR(encoder.write_group(group, [&](model::ColumnId id) { return encoding(id); }));
      samples_.clear();
    }
    return {};
  }

 private:
  std::vector<SeriesRun> runs_of(uint64_t first, uint64_t count) const {
    std::vector<SeriesRun> runs;
    for (size_t series = index_.series_of_row(first);
         series < index_.series_count() && index_.first_row(series) < first + count; ++series) {
      const uint64_t begin = std::max(index_.first_row(series), first);
      const uint64_t end = std::min(index_.end_row(series), first + count);
      runs.push_back({static_cast<uint32_t>(series), end - begin});
    }
    return runs;
  }

  Result<> read(model::ColumnId id, uint64_t first, uint64_t count, const GroupRows::UseSlice& use) {
    const std::span<const RowGroup> groups = rows_.row_groups();
    auto group =
        static_cast<size_t>(std::ranges::upper_bound(groups, first, {}, &RowGroup::first_row) - groups.begin()) - 1;
    const uint64_t end = first + count;
    for (uint64_t at = first; at < end; ++group) {
      const RowGroup& source = groups[group];
      MAGNETITE_TRY(const std::shared_ptr<const DecodedColumn> decoded, decode(group, id));
      const uint64_t rows = std::min(end, source.first_row + source.row_count) - at;
      use(decoded->vector, at - source.first_row, rows);
      at += rows;
    }
    return {};
  }

  Result<ColumnEncoding> encoding(model::ColumnId id) {
    MAGNETITE_TRY(const std::shared_ptr<const DecodedColumn> sample, rows_.decode(0, id));
    kept_bytes_ += sample->bytes;
    if (kept_bytes_ <= kKeptBytesMax) samples_.emplace(id, sample);
    return choose_encoding(*sample);
  }

  Result<std::shared_ptr<const DecodedColumn>> decode(size_t group, model::ColumnId id) const {
    if (group == 0) {
      if (const auto it = samples_.find(id); it != samples_.end()) return it->second;
    }
    return rows_.decode(group, id);
  }

  const SortedChunk& rows_;
  const SeriesIndex& index_;
  std::map<model::ColumnId, std::shared_ptr<const DecodedColumn>> samples_;  // of row group 0
  size_t kept_bytes_ = 0;
};

}  // namespace

Result<ImageBytes> write_image(const SortedChunk& rows, const schema::TableSchema& schema,
                               const ImageIdentity& identity, const ImageOptions& options,
                               const ClosingFacts& closing) {
  MAGNETITE_CHECK(rows.row_count() > 0 && options.row_group_rows > 0);
  std::vector<model::ColumnId> present;
  for (const model::ColumnSummary& summary : rows.summaries()) present.push_back(summary.column);
  MemorySink sink;
  ImageEncoder encoder(sink, schema, file_columns(rows.series().key(), std::move(present), schema), options);
  sink.reserve(rows.row_count() * encoder.columns().size() + 65'536);
  MAGNETITE_RETURN_IF_ERROR(WholeWriter(rows).write(encoder, row_group_rows(encoder.columns(), schema, options)));
  MAGNETITE_RETURN_IF_ERROR(encoder.finish(rows.series(), identity, closing));
  std::vector<std::byte> bytes = sink.take();
  bytes.shrink_to_fit();
  return std::make_shared<const std::vector<std::byte>>(std::move(bytes));
}

Result<std::unique_ptr<ImageWriter>> ImageWriter::create(ByteSink& sink,
                                                         std::shared_ptr<const schema::TableSchema> schema, SortKey key,
                                                         std::vector<model::ColumnId> present, ImageIdentity identity,
                                                         ImageOptions options) {
  for (const model::ColumnId id : present)
    if (schema->column(id).type == model::ColumnType::kTag && !std::ranges::contains(key.tags, id))
      return fail(ErrorCode::kInternal, "a tag is missing from the sort key of table '" + schema->table() + "'");
  std::vector<model::ColumnId> columns = file_columns(key, std::move(present), *schema);
  return std::make_unique<StreamingWriter>(sink, std::move(schema), std::move(key), std::move(columns),
                                           std::move(identity), options);
}

}  // namespace magnetite::chunk
