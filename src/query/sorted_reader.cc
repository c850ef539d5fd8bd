#include "query/sorted_reader.h"

#include <algorithm>
#include <map>

namespace magnetite::query {
namespace {

using chunk::ColumnVector;
using chunk::kBatchRowsMax;
using chunk::RowBatch;

// Above this many values a dictionary for the whole chunk costs more than one for each batch.
constexpr size_t kSharedDictionaryMax = 16'384;

// Below this many rows a span is gathered with its neighbours: a batch of a few rows costs more than copying them.
constexpr uint64_t kSliceRowsMin = 256;

template <class T>
void gather(const ColumnVector& source, std::span<const RowSpan> spans, size_t rows, ColumnVector& out) {
  struct Gathered {
    std::unique_ptr<T[]> values;
    std::vector<uint64_t> validity;
    std::shared_ptr<const void> source;  // strings point into it
  };
  auto gathered = std::make_shared<Gathered>();
  gathered->values = std::make_unique_for_overwrite<T[]>(rows);
  gathered->source = source.keep_alive;
  const T* from = static_cast<const T*>(source.data);
  size_t at = 0;
  for (const RowSpan& span : spans) {
    if (span.end - span.begin == 1)  // of many: a call would cost more than the copy
      gathered->values[at] = from[span.begin];
    else
      std::copy(from + span.begin, from + span.end, gathered->values.get() + at);
    at += span.end - span.begin;
  }
  if (source.validity != nullptr) {
    gathered->validity.assign((rows + 63) / 64, 0);
    at = 0;
    for (const RowSpan& span : spans)
      for (uint64_t row = span.begin; row < span.end; ++row, ++at)
        if (source.is_valid(row)) gathered->validity[at / 64] |= uint64_t{1} << (at % 64);
    out.validity = gathered->validity.data();
  }
  out.kind = ColumnVector::Kind::kFlat;
  out.data = gathered->values.get();
  out.keep_alive = gathered;
}

class SortedReader final : public MorselReader {
 public:
  SortedReader(SortedRead read, std::shared_ptr<ScanControl> control)
      : read_(std::move(read)), control_(std::move(control)), decoded_(read_.columns.size()) {}

  Result<std::optional<RowBatch>> next() override {
    if (control_->cancelled) return fail(ErrorCode::kCancelled, "the query was cancelled");
    if (!started_) {
      MAGNETITE_RETURN_IF_ERROR(start());
      started_ = true;
    }
    const std::vector<RowSpan> spans = take_spans();
    if (spans.empty()) return std::optional<RowBatch>();
    return std::optional(build(spans));
  }

 private:
  using Decoded = std::shared_ptr<const chunk::DecodedColumn>;

  Result<> start() {
    const chunk::RowGroup& group = read_.rows->row_groups()[read_.row_group];
    const bool cuts_time = group.times.min < read_.times.min || group.times.max > read_.times.max;
    Decoded times;
    if (cuts_time) {
      MAGNETITE_TRY(times, read_.rows->decode(read_.row_group, schema::kTimeColumnId));
    }
    find_spans(group, times.get());
    if (spans_.empty()) return {};
    if (read_.ends != nullptr) MAGNETITE_RETURN_IF_ERROR(keep_ends());
    if (read_.filter != nullptr && !read_.filter->empty()) MAGNETITE_RETURN_IF_ERROR(keep_matching(group.row_count));
    if (spans_.empty()) return {};
    for (const RowSpan& span : spans_) rows_total_ += span.end - span.begin;
    for (size_t i = 0; i < read_.columns.size(); ++i) {
      const model::ColumnId id = read_.columns[i];
      if (read_.schema->column(id).type == model::ColumnType::kTag || read_.rows->summary(id) == nullptr) continue;
      MAGNETITE_TRY(decoded_[i], read_.rows->decode(read_.row_group, id));
    }
    return {};
  }

  void find_spans(const chunk::RowGroup& group, const chunk::DecodedColumn* times) {
    const chunk::SeriesIndex& index = read_.rows->series();
    const uint64_t group_end = group.first_row + group.row_count;
    const auto add = [&](uint32_t series) {
      RowSpan span{series, std::max(index.first_row(series), group.first_row) - group.first_row,
                   std::min(index.end_row(series), group_end) - group.first_row};
      if (times != nullptr) {
        const auto* values = static_cast<const int64_t*>(times->vector.data);
        span.begin =
            static_cast<uint64_t>(std::lower_bound(values + span.begin, values + span.end, read_.times.min) - values);
        span.end =
            static_cast<uint64_t>(std::upper_bound(values + span.begin, values + span.end, read_.times.max) - values);
      }
      if (span.begin < span.end) spans_.push_back(span);
    };
    const size_t first = index.series_of_row(group.first_row);
    const size_t last = index.series_of_row(group_end - 1);
    if (read_.series == nullptr) {
      for (size_t i = first; i <= last; ++i) add(static_cast<uint32_t>(i));
      return;
    }
    for (auto it = std::ranges::lower_bound(*read_.series, first); it != read_.series->end() && *it <= last; ++it)
      add(*it);
  }

  // NULL throughout where there is no such column.
  Result<Decoded> decode(model::ColumnId id) const {
    if (read_.rows->summary(id) == nullptr) return Decoded();
    return read_.rows->decode(read_.row_group, id);
  }

  // Of each span only the rows that were asked for.
  Result<> keep_ends() {
    std::vector<Decoded> values;
    for (const model::ColumnId id : read_.ends->last_values) {
      MAGNETITE_TRY(Decoded decoded, decode(id));
      if (decoded != nullptr && decoded->vector.kind != ColumnVector::Kind::kNull) values.push_back(std::move(decoded));
    }
    std::vector<RowSpan> kept;
    for (const RowSpan& span : spans_) {
      const uint64_t first_end = std::min<uint64_t>(span.end, span.begin + read_.ends->first_rows);
      const uint64_t last_begin =
          std::max(first_end, span.end - std::min<uint64_t>(span.end - span.begin, read_.ends->last_rows));
      std::vector<uint64_t> between;  // of these, those with a last value
      for (const Decoded& column : values) {
        uint64_t row = span.end;
        while (row > span.begin && !column->vector.is_valid(row - 1)) --row;
        if (row > first_end && row <= last_begin) between.push_back(row - 1);
      }
      std::ranges::sort(between);
      if (first_end > span.begin) kept.push_back({span.series, span.begin, first_end});
      for (size_t i = 0; i < between.size(); ++i)
        if (i == 0 || between[i] != between[i - 1]) kept.push_back({span.series, between[i], between[i] + 1});
      if (last_begin < span.end) kept.push_back({span.series, last_begin, span.end});
    }
    spans_ = std::move(kept);
    return {};
  }

  // Cuts the spans to rows that satisfy the comparisons of fields.
  Result<> keep_matching(uint64_t group_rows) {
    std::vector<uint8_t> keep(group_rows, 1);
    for (const model::Comparison& comparison : read_.filter->comparisons()) {
      MAGNETITE_TRY(const Decoded decoded, decode(comparison.column));
      if (decoded == nullptr || decoded->vector.kind == ColumnVector::Kind::kNull) {
        spans_.clear();
        return {};
      }
      const ColumnVector& vector = decoded->vector;
      RowFilter::keep_matching(comparison, vector.data, group_rows, keep.data());
      if (vector.validity != nullptr)
        for (uint64_t row = 0; row < group_rows; ++row) keep[row] &= static_cast<uint8_t>(vector.is_valid(row));
    }
    std::vector<RowSpan> kept;
    for (const RowSpan& span : spans_) {
      for (uint64_t row = span.begin; row < span.end; ++row) {
        if (keep[row] == 0) continue;
        const uint64_t begin = row;
        while (row < span.end && keep[row] != 0) ++row;
        kept.push_back({span.series, begin, row});
      }
    }
    spans_ = std::move(kept);
    return {};
  }

  // The next rows of a batch: one long span alone, or several that lie together or are short.
  std::vector<RowSpan> take_spans() {
    std::vector<RowSpan> taken;
    size_t rows = 0;
    while (at_ < spans_.size() && rows < kBatchRowsMax) {
      RowSpan& span = spans_[at_];
      const uint64_t length = span.end - span.begin;
      const bool adjoins = !taken.empty() && taken.back().end == span.begin;
      if (!taken.empty() && !adjoins && length >= kSliceRowsMin) break;
      const uint64_t take = std::min<uint64_t>(length, kBatchRowsMax - rows);
      taken.push_back({span.series, span.begin, span.begin + take});
      rows += take;
      span.begin += take;
      if (span.begin == span.end) ++at_;
    }
    return taken;
  }

  RowBatch build(std::span<const RowSpan> spans) {
    RowBatch batch;
    bool together = true;
    for (size_t i = 0; i < spans.size(); ++i) {
      batch.rows += spans[i].end - spans[i].begin;
      together = together && (i == 0 || spans[i - 1].end == spans[i].begin);
    }
    batch.columns.resize(read_.columns.size());
    for (size_t i = 0; i < read_.columns.size(); ++i) {
      const schema::Column& column = read_.schema->column(read_.columns[i]);
      ColumnVector& out = batch.columns[i];
      out.type = column.type;
      if (column.type == model::ColumnType::kTag)
        fill_tag(column.id, spans, batch.rows, out);
      else if (decoded_[i] != nullptr && decoded_[i]->vector.kind != ColumnVector::Kind::kNull)
        fill_values(*decoded_[i], spans, batch.rows, together, out);
    }
    return batch;
  }

  void fill_tag(model::ColumnId id, std::span<const RowSpan> spans, size_t rows, ColumnVector& out) {
    const chunk::SeriesIndex::TagColumn* tags = read_.rows->series().tag_column(id);
    if (tags == nullptr) return;  // NULL throughout
    const auto code = [&](const RowSpan& span) { return tags->codes[span.series]; };
    const bool constant = std::ranges::all_of(spans, [&](const RowSpan& span) { return code(span) == code(spans[0]); });
    if (constant) {
      if (code(spans[0]) == chunk::SeriesIndex::kNullCode) return;
      out.kind = ColumnVector::Kind::kConstant;
      out.data = &tags->values[code(spans[0])];
      out.keep_alive = read_.rows;
      return;
    }
    struct Dictionary {
      std::vector<std::string_view> values;
      std::vector<uint64_t> validity;
      std::vector<uint32_t> indices;
      std::shared_ptr<const void> rows;
    };
    auto dictionary = std::make_shared<Dictionary>();
    dictionary->rows = read_.rows;
    dictionary->indices.reserve(rows);
    const bool any_null =
        std::ranges::any_of(spans, [&](const RowSpan& span) { return code(span) == chunk::SeriesIndex::kNullCode; });
    if (!any_null && tags->values.size() <= std::min<uint64_t>(rows_total_, kSharedDictionaryMax)) {
      for (const RowSpan& span : spans)
        dictionary->indices.insert(dictionary->indices.end(), span.end - span.begin, code(span));
      out.kind = ColumnVector::Kind::kDictionary;
      out.data = tags->values.data();
      out.indices = dictionary->indices.data();
      out.dictionary_size = tags->values.size();
      out.dictionary_is_shared = true;
      out.keep_alive = std::move(dictionary);
      return;
    }
    // The batch gets a dictionary of its own with the few values it has.
    std::map<uint32_t, uint32_t> known;  // by code
    bool has_null = false;
    uint32_t last_code = 0;
    uint32_t last_index = UINT32_MAX;
    for (const RowSpan& span : spans) {
      if (last_index == UINT32_MAX || code(span) != last_code) {
        last_code = code(span);
        const auto [it, added] = known.try_emplace(last_code, static_cast<uint32_t>(dictionary->values.size()));
        if (added) {
          const bool null = last_code == chunk::SeriesIndex::kNullCode;
          has_null = has_null || null;
          dictionary->values.push_back(null ? std::string_view() : tags->values[last_code]);
        }
        last_index = it->second;
      }
      dictionary->indices.insert(dictionary->indices.end(), span.end - span.begin, last_index);
    }
    if (has_null) {
      dictionary->validity.assign((dictionary->values.size() + 63) / 64, ~uint64_t{0});
      const uint32_t null_index = known.at(chunk::SeriesIndex::kNullCode);
      dictionary->validity[null_index / 64] &= ~(uint64_t{1} << (null_index % 64));
      out.validity = dictionary->validity.data();
    }
    out.kind = ColumnVector::Kind::kDictionary;
    out.data = dictionary->values.data();
    out.indices = dictionary->indices.data();
    out.dictionary_size = dictionary->values.size();
    out.keep_alive = std::move(dictionary);
  }

  static void fill_values(const chunk::DecodedColumn& decoded, std::span<const RowSpan> spans, size_t rows,
                          bool together, ColumnVector& out) {
    const ColumnVector& source = decoded.vector;
    if (!together) {
      switch (out.type) {
        case model::ColumnType::kFloat:
          return gather<double>(source, spans, rows, out);
        case model::ColumnType::kInteger:
        case model::ColumnType::kTime:
          return gather<int64_t>(source, spans, rows, out);
        case model::ColumnType::kUnsigned:
          return gather<uint64_t>(source, spans, rows, out);
        case model::ColumnType::kBoolean:
          return gather<uint8_t>(source, spans, rows, out);
        case model::ColumnType::kString:
        case model::ColumnType::kTag:
          return gather<std::string_view>(source, spans, rows, out);
      }
    }
    const uint64_t begin = spans.front().begin;
    out.kind = ColumnVector::Kind::kFlat;
    out.validity = source.validity;
    out.validity_offset = source.validity_offset + begin;
    out.keep_alive = source.keep_alive;
    const size_t width = out.type == model::ColumnType::kString    ? sizeof(std::string_view)
                         : out.type == model::ColumnType::kBoolean ? sizeof(uint8_t)
                                                                   : sizeof(uint64_t);
    out.data = static_cast<const std::byte*>(source.data) + begin * width;
  }

  const SortedRead read_;
  const std::shared_ptr<ScanControl> control_;
  std::vector<Decoded> decoded_;
  std::vector<RowSpan> spans_;
  uint64_t rows_total_ = 0;  // of all spans
  size_t at_ = 0;
  bool started_ = false;
};

}  // namespace

std::unique_ptr<MorselReader> read_sorted(SortedRead read, std::shared_ptr<ScanControl> control) {
  return std::make_unique<SortedReader>(std::move(read), std::move(control));
}

bool has_rows(const chunk::SortedChunk& rows, const std::vector<uint32_t>* series, size_t row_group) {
  if (series == nullptr) return true;
  const chunk::RowGroup& group = rows.row_groups()[row_group];
  const size_t first = rows.series().series_of_row(group.first_row);
  const size_t last = rows.series().series_of_row(group.first_row + group.row_count - 1);
  const auto it = std::ranges::lower_bound(*series, first);
  return it != series->end() && *it <= last;
}

}  // namespace magnetite::query
