#include "chunk/sorted_rows.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "chunk/flat_column.h"
#include "chunk/open_columns.h"

namespace magnetite::chunk {
namespace {

constexpr uint64_t kRowGroupRows = 122'880;

// Where a row lies: its segment in the upper half, its offset there in the lower.
using Place = uint32_t;
constexpr int kOffsetBits = 16;
static_assert(kSegmentRowsMax <= uint64_t{1} << kOffsetBits);
constexpr uint64_t kSegmentsMax = uint64_t{1} << (32 - kOffsetBits);

struct Segment {
  const RowSegment* rows;
  uint64_t row_count;
};

// Rows of one segment that lie together.
struct Span {
  size_t segment;
  uint64_t begin;
  uint64_t end;
};

std::vector<Segment> segments_of(const OpenSnapshot& snapshot) {
  std::vector<Segment> segments;
  snapshot.columns->for_each_segment(
      snapshot.rows, [&](const RowSegment& segment, uint64_t rows) { segments.push_back({&segment, rows}); });
  MAGNETITE_CHECK(segments.size() <= kSegmentsMax);
  return segments;
}

// The rows within `times` of these series: few spans, as rows come about in order of time.
std::vector<Span> spans_of(const std::vector<Segment>& segments, const OpenSnapshot& snapshot,
                           const model::TimeRange& times, std::span<const uint8_t> series) {
  std::vector<Span> spans;
  const bool all = series.empty() && times.min <= snapshot.times.min && times.max >= snapshot.times.max;
  for (size_t i = 0; i < segments.size(); ++i) {
    const uint64_t rows = segments[i].row_count;
    if (all) {
      spans.push_back({i, 0, rows});
      continue;
    }
    const int64_t* at = segments[i].rows->times.get();
    for (uint64_t row = 0; row < rows; ++row) {
      if (!times.contains(at[row]) || (!series.empty() && series[segments[i].rows->series[row]] == 0)) continue;
      if (!spans.empty() && spans.back().segment == i && spans.back().end == row)
        ++spans.back().end;
      else
        spans.push_back({i, row, row + 1});
    }
  }
  return spans;
}

// Rows by series ordinal.
std::vector<uint64_t> count_rows(const std::vector<Segment>& segments, std::span<const Span> spans,
                                 size_t series_count) {
  std::vector<uint64_t> counts(series_count);
  for (const Span& span : spans)
    for (uint64_t row = span.begin; row < span.end; ++row) ++counts[segments[span.segment].rows->series[row]];
  return counts;
}

std::vector<SeriesOrdinal> series_seen(const std::vector<uint64_t>& counts) {
  std::vector<SeriesOrdinal> seen;
  for (size_t i = 0; i < counts.size(); ++i)
    if (counts[i] != 0) seen.push_back(static_cast<SeriesOrdinal>(i));
  return seen;
}

// Codes as the dictionary gave them -> positions among the sorted distinct values in use.
SeriesIndex::TagColumn rank_values(TagCodes tag) {
  std::vector<uint32_t> used;
  {
    std::vector<uint32_t> codes = tag.codes;
    std::ranges::sort(codes);
    const auto rest = std::ranges::unique(codes);
    codes.erase(rest.begin(), rest.end());
    if (!codes.empty() && codes.back() == kNoTag) codes.pop_back();
    used = std::move(codes);
  }
  const TagValues& values = *tag.values;
  std::vector<uint32_t> by_value = used;
  std::ranges::sort(by_value, [&](uint32_t a, uint32_t b) { return values[a] < values[b]; });
  std::vector<uint32_t> rank(used.size());  // parallel to `used`
  SeriesIndex::TagColumn ranked;
  ranked.column = tag.column;
  ranked.values.reserve(used.size());
  for (uint32_t i = 0; i < by_value.size(); ++i) {
    ranked.values.push_back(values[by_value[i]]);
    rank[static_cast<size_t>(std::ranges::lower_bound(used, by_value[i]) - used.begin())] = i;
  }
  ranked.codes = std::move(tag.codes);
  for (uint32_t& code : ranked.codes)
    code = code == kNoTag ? SeriesIndex::kNullCode
                          : rank[static_cast<size_t>(std::ranges::lower_bound(used, code) - used.begin())];
  return ranked;
}

// Positions of the series in table order. As many leading tags as fit are packed into one number each, so most
// comparisons are one instruction.
std::vector<uint32_t> order_series(const std::vector<SeriesIndex::TagColumn>& tags, size_t series_count) {
  std::vector<uint64_t> packed(series_count);
  size_t packed_tags = 0;
  int bits_left = 64;
  for (; packed_tags < tags.size(); ++packed_tags) {
    const int bits = std::bit_width(tags[packed_tags].values.size());
    if (bits > bits_left) break;
    bits_left -= bits;
    // NULL becomes 0 by overflow, values start at 1.
    for (size_t i = 0; i < series_count; ++i)
      packed[i] = (bits == 64 ? 0 : packed[i] << bits) | (tags[packed_tags].codes[i] + 1U);
  }
  std::vector<uint32_t> order(series_count);
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [&](uint32_t a, uint32_t b) {
    if (packed[a] != packed[b]) return packed[a] < packed[b];
    for (size_t tag = packed_tags; tag < tags.size(); ++tag) {
      const uint32_t left = tags[tag].codes[a] + 1U;
      const uint32_t right = tags[tag].codes[b] + 1U;
      if (left != right) return left < right;
    }
    return false;
  });
  return order;
}

class SortedRows final : public SortedChunk {
 public:
  SortedRows(const OpenSnapshot& snapshot, SortKey key, std::vector<Segment> segments, std::span<const Span> spans)
      : snapshot_(snapshot), segments_(std::move(segments)) {
    std::vector<uint64_t> counts = count_rows(segments_, spans, snapshot.series->size());
    const std::vector<SeriesOrdinal> seen = series_seen(counts);
    std::vector<SeriesIndex::TagColumn> tags = tags_in_order(key, seen);
    const std::vector<uint32_t> order = order_series(tags, seen.size());
    for (SeriesIndex::TagColumn& tag : tags) {
      std::vector<uint32_t> codes(order.size());
      for (size_t i = 0; i < order.size(); ++i) codes[i] = tag.codes[order[i]];
      tag.codes = std::move(codes);
    }
    std::vector<uint64_t> offsets{0};
    offsets.reserve(order.size() + 1);
    for (const uint32_t position : order) {
      uint64_t& count = counts[seen[position]];
      offsets.push_back(offsets.back() + count);
      count = offsets[offsets.size() - 2];  // from here on: where the series' next row goes
    }
    scatter(spans, offsets.back(), counts);
    sort_within_series(offsets);
    if (snapshot.may_hold_duplicates) collapse(offsets);
    index_ = std::make_unique<SeriesIndex>(std::move(key), std::move(tags), std::move(offsets), snapshot.series);
    make_row_groups();
    make_summaries();
  }

  const SeriesIndex& series() const override { return *index_; }
  std::span<const RowGroup> row_groups() const override { return row_groups_; }
  model::TimeRange times() const override { return covered_; }
  std::span<const model::ColumnSummary> summaries() const override { return summaries_; }

  Result<std::shared_ptr<const DecodedColumn>> decode(size_t row_group, model::ColumnId id) const override {
    const RowGroup& group = row_groups_[row_group];
    const model::ColumnType type = snapshot_.schema->column(id).type;
    MAGNETITE_CHECK(type != model::ColumnType::kTag);
    switch (type) {
      case model::ColumnType::kTime:
        return slice_times(group);
      case model::ColumnType::kFloat:
        return gather<double>(group, id, type);
      case model::ColumnType::kUnsigned:
        return gather<uint64_t>(group, id, type);
      case model::ColumnType::kBoolean:
        return gather<uint8_t>(group, id, type);
      case model::ColumnType::kString:
        return gather<std::string_view>(group, id, type);
      default:
        return gather<int64_t>(group, id, type);
    }
  }

 private:
  std::vector<SeriesIndex::TagColumn> tags_in_order(const SortKey& key, std::span<const SeriesOrdinal> seen) const {
    std::vector<TagCodes> codes = snapshot_.series->tag_codes(seen);
    std::vector<SeriesIndex::TagColumn> tags;
    for (const model::ColumnId column : key.tags) {
      const auto it = std::ranges::find(codes, column, &TagCodes::column);
      if (it != codes.end()) tags.push_back(rank_values(std::move(*it)));
    }
    MAGNETITE_CHECK_MSG(tags.size() == codes.size(), "a sort key that lacks tags of the rows");
    return tags;
  }

  void scatter(std::span<const Span> spans, uint64_t row_count, std::vector<uint64_t>& next) {
    places_.resize(row_count);
    times_.resize(row_count);
    for (const Span& span : spans) {
      const RowSegment& rows = *segments_[span.segment].rows;
      const auto base = static_cast<Place>(span.segment << kOffsetBits);
      for (uint64_t row = span.begin; row < span.end; ++row) {
        const uint64_t at = next[rows.series[row]]++;
        places_[at] = base | static_cast<Place>(row);
        times_[at] = rows.times[row];
      }
    }
  }

  // Places grow by arrival, so (time, place) orders equal times by arrival without a stable sort.
  void sort_within_series(const std::vector<uint64_t>& offsets) {
    if (!snapshot_.may_hold_duplicates) return;  // then every row was later than the one before it in its series
    std::vector<std::pair<int64_t, Place>> rows;
    for (size_t series = 0; series + 1 < offsets.size(); ++series) {
      const uint64_t begin = offsets[series];
      const uint64_t end = offsets[series + 1];
      if (std::is_sorted(times_.begin() + static_cast<ptrdiff_t>(begin), times_.begin() + static_cast<ptrdiff_t>(end)))
        continue;
      rows.clear();
      for (uint64_t at = begin; at < end; ++at) rows.emplace_back(times_[at], places_[at]);
      std::ranges::sort(rows);
      for (uint64_t at = begin; at < end; ++at) std::tie(times_[at], places_[at]) = rows[at - begin];
    }
  }

  // Equal times within a series become one row; run_starts_ then says which places make it up.
  void collapse(std::vector<uint64_t>& offsets) {
    std::vector<uint64_t> starts;
    std::vector<uint64_t> collapsed{0};
    for (size_t series = 0; series + 1 < offsets.size(); ++series) {
      for (uint64_t at = offsets[series]; at < offsets[series + 1]; ++at)
        if (at == offsets[series] || times_[at] != times_[at - 1]) starts.push_back(at);
      collapsed.push_back(starts.size());
    }
    if (starts.size() == places_.size()) return;
    for (size_t row = 0; row < starts.size(); ++row) times_[row] = times_[starts[row]];
    times_.resize(starts.size());
    starts.push_back(places_.size());
    run_starts_ = std::move(starts);
    offsets = std::move(collapsed);
  }

  void make_row_groups() {
    const uint64_t rows = times_.size();
    for (uint64_t first = 0; first < rows; first += kRowGroupRows) {
      RowGroup group{first, std::min(kRowGroupRows, rows - first), {}};
      const auto begin = times_.begin() + static_cast<ptrdiff_t>(first);
      const auto [min, max] = std::minmax_element(begin, begin + static_cast<ptrdiff_t>(group.row_count));
      group.times = {*min, *max};
      covered_.include(group.times);
      row_groups_.push_back(group);
    }
  }

  void make_summaries() {
    const uint64_t rows = times_.size();
    for (const schema::Column& column : snapshot_.schema->columns()) {
      if (column.type == model::ColumnType::kTime) {
        model::ColumnSummary summary;
        summary.column = column.id;
        summary.type = column.type;
        summary.value_count = rows;
        summary.min = times().min;
        summary.max = times().max;
        summaries_.push_back(std::move(summary));
      } else if (column.type == model::ColumnType::kTag) {
        if (index_->tag_column(column.id) != nullptr) summaries_.push_back(summarise_tag(*index_, column.id));
      } else if (column.id.value < snapshot_.bounds->size() && (*snapshot_.bounds)[column.id.value].value_count > 0) {
        const FieldBounds& bounds = (*snapshot_.bounds)[column.id.value];
        model::ColumnSummary summary = summarise(column, bounds, snapshot_.rows);
        summary.value_count = count_values(column.id, bounds.value_count);
        summary.null_count = rows - summary.value_count;
        summaries_.push_back(std::move(summary));
      }
    }
  }

  // Rows with a value, where `in_snapshot` of its rows have one.
  uint64_t count_values(model::ColumnId id, uint64_t in_snapshot) const {
    const uint64_t rows = times_.size();
    if (in_snapshot == snapshot_.rows) return rows;
    if (rows == snapshot_.rows) return in_snapshot;
    uint64_t count = 0;
    for (uint64_t row = 0; row < rows; ++row) count += find_value(id, row).has_value() ? 1U : 0U;
    return count;
  }

  // The last place of an output row where the column has a value.
  std::optional<Place> find_value(model::ColumnId id, uint64_t row) const {
    const uint64_t first = run_starts_.empty() ? row : run_starts_[row];
    for (uint64_t at = run_starts_.empty() ? row + 1 : run_starts_[row + 1]; at > first; --at) {
      const Place place = places_[at - 1];
      const ColumnSegment* column = segments_[place >> kOffsetBits].rows->column(id);
      if (column != nullptr && column->is_valid(place & ((1U << kOffsetBits) - 1))) return place;
    }
    return std::nullopt;
  }

  std::shared_ptr<const DecodedColumn> slice_times(const RowGroup& group) const {
    auto column = std::make_shared<FlatColumn>(model::ColumnType::kTime, group.row_count);
    std::copy_n(times_.data() + group.first_row, group.row_count, column->as<int64_t>());
    return decoded_of(std::move(column));
  }

  template <class T>
  std::shared_ptr<const DecodedColumn> gather(const RowGroup& group, model::ColumnId id, model::ColumnType type) const {
    if (id.value >= snapshot_.bounds->size() || (*snapshot_.bounds)[id.value].value_count == 0)
      return decoded_null(type, group.row_count);
    auto column = std::make_shared<FlatColumn>(type, group.row_count);
    column->text_owner = snapshot_.columns;
    T* out = column->as<T>();
    std::vector<const T*> values(segments_.size());
    std::vector<const ColumnSegment*> columns(segments_.size());
    for (size_t i = 0; i < segments_.size(); ++i) {
      columns[i] = segments_[i].rows->column(id);
      if (columns[i] != nullptr) values[i] = reinterpret_cast<const T*>(columns[i]->values.get());
    }
    constexpr Place kOffsetMask = (Place{1} << kOffsetBits) - 1;
    const bool no_null = (*snapshot_.bounds)[id.value].value_count == snapshot_.rows;
    if (no_null && run_starts_.empty()) {
      const Place* places = places_.data() + group.first_row;
      // Neighbours here came far apart there: ask for them early.
      constexpr uint64_t kAhead = 32;
      const auto address = [&](uint64_t row) {
        return values[places[row] >> kOffsetBits] + (places[row] & kOffsetMask);
      };
      const uint64_t prefetched = group.row_count - std::min(group.row_count, kAhead);
      for (uint64_t row = 0; row < prefetched; ++row) {
        __builtin_prefetch(address(row + kAhead));
        out[row] = *address(row);
      }
      for (uint64_t row = prefetched; row < group.row_count; ++row) out[row] = *address(row);
      return decoded_of(std::move(column));
    }
    if (no_null) {
      for (uint64_t row = 0; row < group.row_count; ++row) {
        const Place place = places_[run_starts_[group.first_row + row + 1] - 1];
        out[row] = values[place >> kOffsetBits][place & kOffsetMask];
      }
      return decoded_of(std::move(column));
    }
    column->make_validity();
    for (uint64_t row = 0; row < group.row_count; ++row) {
      Place place;
      if (run_starts_.empty()) {
        place = places_[group.first_row + row];
        const ColumnSegment* from = columns[place >> kOffsetBits];
        if (from == nullptr || !from->is_valid(place & kOffsetMask)) {
          out[row] = T();
          continue;
        }
      } else {
        const std::optional<Place> found = find_value(id, group.first_row + row);
        if (!found) {
          out[row] = T();
          continue;
        }
        place = *found;
      }
      out[row] = values[place >> kOffsetBits][place & kOffsetMask];
      column->set_valid(row);
    }
    return decoded_of(std::move(column));
  }

  const OpenSnapshot snapshot_;
  const std::vector<Segment> segments_;
  std::vector<Place> places_;         // rows in table order, arrival order within an identity
  std::vector<int64_t> times_;        // of the output rows
  std::vector<uint64_t> run_starts_;  // empty: output row i is places_[i]
  std::unique_ptr<SeriesIndex> index_;
  std::vector<RowGroup> row_groups_;
  model::TimeRange covered_ = model::TimeRange::none();
  std::vector<model::ColumnSummary> summaries_;
};

}  // namespace

model::ColumnSummary summarise_tag(const SeriesIndex& index, model::ColumnId column) {
  const SeriesIndex::TagColumn& tag = *index.tag_column(column);
  model::ColumnSummary summary;
  summary.column = column;
  for (size_t series = 0; series < index.series_count(); ++series) {
    const uint64_t rows = index.end_row(series) - index.first_row(series);
    (tag.codes[series] == SeriesIndex::kNullCode ? summary.null_count : summary.value_count) += rows;
  }
  summary.distinct_count = tag.values.size();
  if (!tag.values.empty()) {
    summary.min = std::string(tag.values.front());
    summary.max = std::string(tag.values.back());
  }
  return summary;
}

SortKey extend_sort_key(const SortKey& key, const OpenSnapshot& snapshot) {
  SortKey extended = key;
  const std::vector<Segment> segments = segments_of(snapshot);
  const std::vector<uint64_t> counts =
      count_rows(segments, spans_of(segments, snapshot, model::TimeRange::all(), {}), snapshot.series->size());
  struct Added {
    size_t distinct_count;
    std::string_view name;
    model::ColumnId column;
    auto operator<=>(const Added&) const = default;
  };
  std::vector<Added> added;
  for (TagCodes& tag : snapshot.series->tag_codes(series_seen(counts))) {
    if (std::ranges::find(key.tags, tag.column) != key.tags.end()) continue;
    std::ranges::sort(tag.codes);
    const auto rest = std::ranges::unique(tag.codes);
    tag.codes.erase(rest.begin(), rest.end());
    const bool has_missing = tag.codes.back() == kNoTag;
    added.push_back({tag.codes.size() - (has_missing ? 1 : 0), snapshot.schema->column(tag.column).name, tag.column});
  }
  std::ranges::sort(added);
  for (const Added& tag : added) extended.tags.push_back(tag.column);
  return extended;
}

std::shared_ptr<const SortedChunk> sort_rows(const OpenSnapshot& snapshot, const SortKey& key) {
  MAGNETITE_CHECK(snapshot.rows > 0);
  return sort_rows(snapshot, key, model::TimeRange::all());
}

std::shared_ptr<const SortedChunk> sort_rows(const OpenSnapshot& snapshot, const SortKey& key,
                                             const model::TimeRange& times, std::span<const uint8_t> series) {
  std::vector<Segment> segments = segments_of(snapshot);
  const std::vector<Span> spans = spans_of(segments, snapshot, times, series);
  if (spans.empty()) return nullptr;
  return std::make_shared<const SortedRows>(snapshot, key, std::move(segments), spans);
}

}  // namespace magnetite::chunk
