#include "chunk/open_chunk.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

#include "base/check.h"
#include "chunk/open_columns.h"
#include "line_protocol/parser.h"

namespace magnetite::chunk {
namespace {

using line_protocol::Field;
using line_protocol::FieldType;
using line_protocol::Line;

constexpr uint64_t kSegmentRowsAtStart = 64;
constexpr size_t kRunMax = 64;  // lines whose fields stay in the first cache while column after column takes its own
constexpr size_t kSegmentBytesMax = 8 * 1024 * 1024;  // bounds what tables of a thousand columns take at once

template <class T>
void include(T value, T& min, T& max, bool& has_bounds) {
  if (!has_bounds) {
    min = max = value;
    has_bounds = true;
    return;
  }
  if (value < min) min = value;
  if (value > max) max = value;
}

// How many lines, from the first and at most `count_max`, stand one behind the other and name the same columns.
size_t alike(const line_protocol::Batch& batch, const std::vector<model::ColumnId>& field_columns,
             std::span<const uint32_t> lines, size_t count_max) {
  const Line& first = batch.lines[lines[0]];
  const auto columns = std::span(field_columns).subspan(first.field_first, first.field_count);
  size_t count = 1;
  for (uint32_t expected = first.field_first; count < std::min(lines.size(), count_max); ++count) {
    const Line& line = batch.lines[lines[count]];
    expected += first.field_count;
    if (line.field_first != expected || line.field_count != first.field_count) break;
    if (!std::ranges::equal(std::span(field_columns).subspan(line.field_first, line.field_count), columns)) break;
  }
  return count;
}

}  // namespace

struct OpenChunk::Published {
  OpenSnapshot view;
  WallTime first_write;
  WallTime last_write;
};

struct OpenChunk::Writer {
  explicit Writer(std::shared_ptr<OpenColumns> into) : columns(std::move(into)) {}

  struct Column {
    explicit Column(model::ColumnType of) : type(of) {}
    ColumnSegment* segment = nullptr;  // of the current row segment
    FieldBounds bounds;
    model::ColumnType type;
  };

  const std::shared_ptr<OpenColumns> columns;
  RowSegment* segment = nullptr;
  uint64_t segment_end = 0;
  uint64_t rows = 0;
  size_t bytes = 0;
  std::vector<Column> fields;       // by ColumnId
  std::vector<int64_t> last_times;  // by series; kept until a duplicate is possible
  bool may_hold_duplicates = false;
  model::TimeRange times = model::TimeRange::none();
  std::string unescaped;
  std::shared_ptr<const schema::TableSchema> schema;

  void use_schema(std::shared_ptr<const schema::TableSchema> newer) {
    if (newer == schema) return;
    // A snapshot's schema only grows: an older one (routed before others added columns) must not take columns away.
    if (schema != nullptr && newer->columns().size() <= schema->columns().size()) return;
    schema = std::move(newer);
    const std::span<const schema::Column> all = schema->columns();
    for (size_t i = fields.size(); i < all.size(); ++i) fields.emplace_back(all[i].type);
    if (segment != nullptr && segment->columns.size() < fields.size() && segment_end > rows) {
      segment->end_row.store(rows, std::memory_order_relaxed);
      segment_end = rows;
    }
  }

  void start_segment() {
    const size_t column_capacity = fields.size() + fields.size() / 2 + 4;
    const uint64_t fitting = kSegmentBytesMax / (fields.size() * sizeof(uint64_t) + sizeof(SeriesOrdinal));
    const uint64_t wanted = std::clamp(std::bit_floor(rows), kSegmentRowsAtStart, kSegmentRowsMax);
    const uint64_t capacity = std::clamp(std::bit_floor(fitting), kSegmentRowsAtStart, wanted);
    auto* added = new RowSegment(rows, capacity, column_capacity);
    if (segment == nullptr)
      columns->first = added;
    else
      segment->next = added;
    segment = added;
    segment_end = rows + capacity;
    bytes += sizeof(RowSegment) + capacity * (sizeof(SeriesOrdinal) + sizeof(int64_t)) +
             column_capacity * sizeof(segment->columns[0]);
    for (Column& field : fields) field.segment = nullptr;
  }

  void start_column(Column& field, model::ColumnId id) {
    const uint64_t capacity = segment_end - segment->first_row;
    field.segment = new ColumnSegment(field.type, capacity);
    segment->columns[id.value].store(field.segment, std::memory_order_release);
    bytes += sizeof(ColumnSegment) + capacity * value_bytes(field.type) + capacity / 8;
  }

  void add_field(const Field& from, std::string_view text, model::ColumnId id, uint64_t row) {
    Column& field = fields[id.value];
    if (field.segment == nullptr) start_column(field, id);
    std::byte* values = field.segment->values.get();
    FieldBounds& bounds = field.bounds;
    // A field named twice in a line: only its last value is appended, so a row counts once.
    ++bounds.value_count;
    switch (from.type) {
      case FieldType::kFloat: {
        reinterpret_cast<double*>(values)[row] = from.float_value;
        if (!std::isnan(from.float_value))
          include(from.float_value, bounds.min.real, bounds.max.real, bounds.has_bounds);
        break;
      }
      case FieldType::kInteger:
        reinterpret_cast<int64_t*>(values)[row] = from.integer_value;
        include(from.integer_value, bounds.min.integer, bounds.max.integer, bounds.has_bounds);
        break;
      case FieldType::kUnsigned:
        reinterpret_cast<uint64_t*>(values)[row] = from.unsigned_value;
        include(from.unsigned_value, bounds.min.number, bounds.max.number, bounds.has_bounds);
        break;
      case FieldType::kBoolean: {
        const uint64_t value = from.boolean_value ? 1 : 0;
        reinterpret_cast<uint8_t*>(values)[row] = static_cast<uint8_t>(value);
        include(value, bounds.min.number, bounds.max.number, bounds.has_bounds);
        break;
      }
      case FieldType::kString: {
        std::string_view raw = from.string_value.in(text);
        if (from.value_escaped) {
          unescaped.clear();
          line_protocol::append_unescaped(raw, line_protocol::Escapes::kString, unescaped);
          raw = unescaped;
        }
        std::string_view& slot = reinterpret_cast<std::string_view*>(values)[row];
        slot = columns->strings.store(raw);
        if (!bounds.has_bounds || slot < *bounds.min.text) bounds.min.text = &slot;
        if (!bounds.has_bounds || slot > *bounds.max.text) bounds.max.text = &slot;
        bounds.has_bounds = true;
        break;
      }
    }
    field.segment->set_valid(row);
  }

  // The same for `count` rows whose fields stand `stride` apart.
  void add_fields(const Field* from, size_t stride, size_t count, std::string_view text, model::ColumnId id,
                  uint64_t row) {
    using Value = FieldBounds::Value;
    switch (from->type) {
      case FieldType::kFloat:
        return add_run(from, stride, count, id, row, &Value::real, [](const Field& of) { return of.float_value; });
      case FieldType::kInteger:
        return add_run(from, stride, count, id, row, &Value::integer, [](const Field& of) { return of.integer_value; });
      case FieldType::kUnsigned:
        return add_run(from, stride, count, id, row, &Value::number, [](const Field& of) { return of.unsigned_value; });
      case FieldType::kBoolean:
      case FieldType::kString:
        for (size_t i = 0; i < count; ++i) add_field(from[i * stride], text, id, row + i);
    }
  }

  template <class T, class ValueOf>
  void add_run(const Field* from, size_t stride, size_t count, model::ColumnId id, uint64_t row,
               T FieldBounds::Value::* bound, const ValueOf& value_of) {
    Column& field = fields[id.value];
    if (field.segment == nullptr) start_column(field, id);
    T* to = reinterpret_cast<T*>(field.segment->values.get()) + row;
    FieldBounds& bounds = field.bounds;
    bool has_bounds = bounds.has_bounds;
    T min = has_bounds ? bounds.min.*bound : T();
    T max = has_bounds ? bounds.max.*bound : T();
    for (size_t i = 0; i < count; ++i) {
      const T value = value_of(from[i * stride]);
      to[i] = value;
      if (value == value) include(value, min, max, has_bounds);  // not NaN
    }
    if (has_bounds) {
      bounds.has_bounds = true;
      bounds.min.*bound = min;
      bounds.max.*bound = max;
    }
    bounds.value_count += count;
    field.segment->set_valid(row, count);
  }

  void note_time(SeriesOrdinal series, int64_t time) {
    times.include(time);
    if (may_hold_duplicates) return;
    // INT64_MIN stands for "none yet"; a first row at that very time only costs a needless check later.
    if (time <= last_times[series])
      may_hold_duplicates = true;
    else
      last_times[series] = time;
  }
};

OpenChunk::OpenChunk(model::ChunkId id, model::ChunkOrder order, std::shared_ptr<SeriesDictionary> series,
                     WallTime opened_at)
    : id_(id),
      order_(order),
      series_(std::move(series)),
      writer_(std::make_unique<Writer>(std::make_shared<OpenColumns>())),
      published_(std::make_unique<Published>()) {
  const MutexLock lock(mutex_);
  published_->view.columns = writer_->columns;
  published_->view.series = series_;
  published_->first_write = opened_at;
  published_->last_write = opened_at;
}

OpenChunk::~OpenChunk() = default;

void OpenChunk::append(const entry::ParsedBody& body, const std::vector<model::ColumnId>& field_columns,
                       const entry::PartitionWrite& write, const std::vector<SeriesOrdinal>& ordinals,
                       std::shared_ptr<const schema::TableSchema> schema, WallTime now) {
  Writer& writer = *writer_;
  writer.use_schema(std::move(schema));
  MAGNETITE_CHECK(ordinals.size() == write.lines.size());
  if (!writer.may_hold_duplicates && writer.last_times.size() < series_->size())
    writer.last_times.resize(series_->size(), INT64_MIN);
  for (size_t at = 0; at < write.lines.size();) {
    if (writer.rows == writer.segment_end) writer.start_segment();
    const uint64_t row = writer.rows - writer.segment->first_row;
    const size_t room = std::min<size_t>(kRunMax, writer.segment_end - writer.rows);
    const size_t count = alike(body.batch, field_columns, std::span(write.lines).subspan(at), room);
    for (size_t i = 0; i < count; ++i) {
      const int64_t time = body.batch.lines[write.lines[at + i]].timestamp;
      writer.segment->series[row + i] = ordinals[at + i];
      writer.segment->times[row + i] = time;
      writer.note_time(ordinals[at + i], time);
    }
    const Line& line = body.batch.lines[write.lines[at]];
    for (uint32_t field = line.field_first; field < line.field_first + line.field_count; ++field)
      if (field_columns[field] != schema::kTimeColumnId)
        writer.add_fields(&body.batch.fields[field], line.field_count, count, body.text, field_columns[field], row);
    writer.rows += count;
    at += count;
  }
  auto bounds = std::make_shared<std::vector<FieldBounds>>();
  bounds->reserve(writer.fields.size());
  for (const Writer::Column& field : writer.fields) bounds->push_back(field.bounds);
  const size_t bytes = writer.bytes + writer.columns->strings.bytes() + writer.last_times.capacity() * sizeof(int64_t) +
                       writer.fields.size() * (sizeof(Writer::Column) + sizeof(FieldBounds));
  bytes_.store(bytes, std::memory_order_relaxed);

  const MutexLock lock(mutex_);
  Published& published = *published_;
  if (published.view.rows == 0) published.first_write = now;
  published.last_write = now;
  published.view.schema = writer.schema;
  published.view.bounds = std::move(bounds);
  published.view.rows = writer.rows;
  published.view.times = writer.times;
  published.view.may_hold_duplicates = writer.may_hold_duplicates;
}

OpenSnapshot OpenChunk::snapshot() const {
  const MutexLock lock(mutex_);
  return published_->view;
}

uint64_t OpenChunk::rows() const {
  const MutexLock lock(mutex_);
  return published_->view.rows;
}

size_t OpenChunk::bytes() const { return bytes_.load(std::memory_order_relaxed); }

WallTime OpenChunk::first_write() const {
  const MutexLock lock(mutex_);
  return published_->first_write;
}

WallTime OpenChunk::last_write() const {
  const MutexLock lock(mutex_);
  return published_->last_write;
}

model::ColumnSummary summarise(const schema::Column& column, const FieldBounds& bounds, uint64_t rows) {
  model::ColumnSummary summary;
  summary.column = column.id;
  summary.type = column.type;
  summary.value_count = bounds.value_count;
  summary.null_count = rows - bounds.value_count;
  if (!bounds.has_bounds) return summary;
  const auto value = [&](const FieldBounds::Value& of) -> model::StatValue {
    switch (column.type) {
      case model::ColumnType::kFloat:
        return of.real;
      case model::ColumnType::kUnsigned:
        return of.number;
      case model::ColumnType::kBoolean:
        return of.number != 0;
      case model::ColumnType::kString:
        return std::string(*of.text);
      default:
        return of.integer;
    }
  };
  summary.min = value(bounds.min);
  summary.max = value(bounds.max);
  return summary;
}

std::vector<model::ColumnSummary> OpenChunk::summaries() const {
  const OpenSnapshot view = snapshot();
  std::vector<model::ColumnSummary> all;
  if (view.schema == nullptr) return all;
  std::vector<uint64_t> rows_of_series;  // counted when some series lack a tag
  for (const schema::Column& column : view.schema->columns()) {
    if (model::is_field(column.type)) {
      all.push_back(summarise(column, (*view.bounds)[column.id.value], view.rows));
      continue;
    }
    model::ColumnSummary summary;
    summary.column = column.id;
    summary.type = column.type;
    if (column.type == model::ColumnType::kTime) {
      summary.value_count = view.rows;
      summary.min = view.times.min;
      summary.max = view.times.max;
    } else if (const std::optional<TagExtent> extent = view.series->tag_extent(column.id)) {
      summary.min = std::string(extent->min);
      summary.max = std::string(extent->max);
      summary.distinct_count = extent->distinct_count;
      summary.value_count = view.rows;
      if (extent->series_count < view.series->size()) {
        if (rows_of_series.empty()) {
          rows_of_series.resize(view.series->size());
          view.columns->for_each_segment(view.rows, [&](const RowSegment& segment, uint64_t rows) {
            for (uint64_t row = 0; row < rows; ++row) ++rows_of_series[segment.series[row]];
          });
        }
        std::vector<SeriesOrdinal> seen;
        for (size_t i = 0; i < rows_of_series.size(); ++i)
          if (rows_of_series[i] != 0) seen.push_back(static_cast<SeriesOrdinal>(i));
        summary.value_count = 0;
        for (const TagCodes& tag : view.series->tag_codes(seen))
          if (tag.column == column.id)
            for (size_t i = 0; i < seen.size(); ++i)
              if (tag.codes[i] != kNoTag) summary.value_count += rows_of_series[seen[i]];
      }
    }
    summary.null_count = view.rows - summary.value_count;
    all.push_back(std::move(summary));
  }
  return all;
}

}  // namespace magnetite::chunk
