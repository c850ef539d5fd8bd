#include "query/open_reader.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "chunk/open_columns.h"

namespace magnetite::query {
namespace {

using chunk::ColumnVector;
using chunk::kBatchRowsMax;
using chunk::RowBatch;

// What a gathered vector refers to.
struct Gathered {
  std::unique_ptr<std::byte[]> values;
  std::vector<uint64_t> validity;
  std::vector<std::string_view> dictionary;
  std::vector<uint32_t> indices;
  std::shared_ptr<const void> source;  // strings point into it
  std::shared_ptr<const void> source_too;
};

// Above this many values a dictionary for the whole chunk costs more than one for each batch.
constexpr size_t kSharedDictionaryMax = 16'384;

class OpenReader final : public MorselReader {
 public:
  OpenReader(OpenRead read, std::shared_ptr<ScanControl> control)
      : read_(std::move(read)), control_(std::move(control)) {
    const model::TimeRange& times = read_.rows.times;
    all_times_ = read_.times.min <= times.min && times.max <= read_.times.max;
    size_t index = 0;
    read_.rows.columns->for_each_segment(read_.rows.rows, [&](const chunk::RowSegment& segment, uint64_t rows) {
      if (index++ != read_.segment) return;
      segment_ = &segment;
      rows_ = rows;
    });
  }

  Result<std::optional<RowBatch>> next() override {
    if (control_->cancelled) return fail(ErrorCode::kCancelled, "the query was cancelled");
    select();
    if (selected_.empty()) return std::optional<RowBatch>();
    RowBatch batch;
    batch.rows = selected_.size();
    batch.columns.resize(read_.columns.size());
    for (size_t i = 0; i < read_.columns.size(); ++i) {
      const schema::Column& column = read_.schema->column(read_.columns[i]);
      batch.columns[i].type = column.type;
      if (column.type == model::ColumnType::kTag)
        fill_tag(column.id, batch.columns[i]);
      else if (column.type == model::ColumnType::kTime)
        fill_values(reinterpret_cast<const std::byte*>(segment_->times.get()), nullptr, batch.columns[i]);
      else if (const chunk::ColumnSegment* values = segment_->column(column.id))
        fill_values(values->values.get(), values, batch.columns[i]);
    }
    return std::optional(std::move(batch));
  }

 private:
  // The next rows of a batch.
  void select() {
    selected_.clear();
    if (read_.rows_only != nullptr) {
      const size_t taken = std::min<size_t>(read_.rows_only->size() - at_, kBatchRowsMax);
      const auto from = read_.rows_only->begin() + static_cast<ptrdiff_t>(at_);
      selected_.assign(from, from + static_cast<ptrdiff_t>(taken));
      at_ += taken;
      return;
    }
    while (at_ < rows_ && selected_.size() < kBatchRowsMax) {
      const uint64_t end = std::min<uint64_t>(rows_, at_ + kBatchRowsMax - selected_.size());
      if (const uint8_t* kept = filter(at_, end))
        take(end, [&, begin = at_](uint64_t row) { return kept[row - begin] & in_time(row) & of_series(row); });
      else if (all_times_ && read_.series->matching.empty())
        take(end, [](uint64_t) { return 1U; });
      else if (all_times_)
        take(end, [&](uint64_t row) { return of_series(row); });
      else
        take(end, [&](uint64_t row) { return in_time(row) & of_series(row); });
    }
  }

  // Up to `end` the rows that pass (1, not 0). Nothing branches on a row: which ones pass cannot be predicted.
  template <class Passes>
  void take(uint64_t end, const Passes& passes) {
    size_t count = selected_.size();
    selected_.resize(count + (end - at_));
    for (; at_ < end; ++at_) {
      selected_[count] = static_cast<uint32_t>(at_);
      count += passes(at_);
    }
    selected_.resize(count);
  }
  unsigned in_time(uint64_t row) const { return read_.times.contains(segment_->times[row]) ? 1U : 0U; }
  unsigned of_series(uint64_t row) const {
    const std::vector<uint8_t>& matching = read_.series->matching;
    return matching.empty() ? 1U : matching[segment_->series[row]];
  }

  // Which of these rows satisfy the comparisons of fields; nullptr = all.
  const uint8_t* filter(uint64_t begin, uint64_t end) {
    if (read_.filter == nullptr || read_.filter->empty()) return nullptr;
    keep_.assign(end - begin, 1);
    for (const model::Comparison& comparison : read_.filter->comparisons()) {
      const chunk::ColumnSegment* column = segment_->column(comparison.column);
      if (column == nullptr) {
        std::ranges::fill(keep_, uint8_t{0});
        break;
      }
      const size_t width = chunk::value_bytes(read_.schema->column(comparison.column).type);
      RowFilter::keep_matching(comparison, column->values.get() + begin * width, end - begin, keep_.data());
      for (uint64_t row = begin; row < end; ++row) keep_[row - begin] &= static_cast<uint8_t>(column->is_valid(row));
    }
    return keep_.data();
  }

  // Rows that lie together are copied at once.
  bool together() const { return selected_.back() - selected_.front() + 1 == selected_.size(); }

  bool all_valid(const chunk::ColumnSegment& column) const {
    if (!together()) return std::ranges::all_of(selected_, [&](uint32_t row) { return column.is_valid(row); });
    const size_t end = selected_.back() + size_t{1};
    for (size_t row = selected_.front(); row < end;) {
      const size_t next = std::min(end, (row / 64 + 1) * 64);
      const uint64_t mask = ~uint64_t{0} >> (64 - (next - row)) << (row % 64);
      if ((column.word(row / 64) & mask) != mask) return false;
      row = next;
    }
    return true;
  }

  void fill_values(const std::byte* values, const chunk::ColumnSegment* validity, ColumnVector& out) const {
    const size_t width = chunk::value_bytes(out.type);
    const size_t rows = selected_.size();
    out.kind = ColumnVector::Kind::kFlat;
    if (validity != nullptr && all_valid(*validity)) validity = nullptr;
    if (validity == nullptr && together()) {
      out.data = values + selected_.front() * width;
      out.keep_alive = read_.rows.columns;
      return;
    }
    auto gathered = std::make_shared<Gathered>();
    gathered->values = std::make_unique_for_overwrite<std::byte[]>(rows * width);
    gathered->source = read_.rows.columns;
    if (width == sizeof(uint64_t)) {
      const auto* from = reinterpret_cast<const uint64_t*>(values);
      auto* to = reinterpret_cast<uint64_t*>(gathered->values.get());
      for (size_t i = 0; i < rows; ++i) to[i] = from[selected_[i]];
    } else {
      for (size_t i = 0; i < rows; ++i)
        std::memcpy(gathered->values.get() + i * width, values + selected_[i] * width, width);
    }
    if (validity != nullptr) {
      gathered->validity.assign((rows + 63) / 64, 0);
      for (size_t i = 0; i < rows; ++i)
        gathered->validity[i / 64] |= uint64_t{validity->is_valid(selected_[i])} << (i % 64);
      out.validity = gathered->validity.data();
    }
    out.data = gathered->values.get();
    out.keep_alive = std::move(gathered);
  }

  void fill_tag(model::ColumnId id, ColumnVector& out) {
    const OpenSeries::Tag* tag = read_.series->tag(id);
    if (tag == nullptr) return;  // NULL throughout
    auto gathered = std::make_shared<Gathered>();
    gathered->source = read_.rows.series;
    gathered->indices.reserve(selected_.size());
    // A dictionary of the batch's own values; the last place stands for NULL.
    if (!tag->has_null && read_.series->matching.empty() && tag->values.size() <= kSharedDictionaryMax) {
      for (const uint32_t row : selected_) gathered->indices.push_back(tag->codes[segment_->series[row]]);
      out.kind = ColumnVector::Kind::kDictionary;
      out.data = tag->values.data();
      out.indices = gathered->indices.data();
      out.dictionary_size = tag->values.size();
      out.dictionary_is_shared = true;
      gathered->source = read_.series;
      gathered->source_too = read_.rows.series;
      out.keep_alive = std::move(gathered);
      return;
    }
    const size_t codes = tag->values.size() + 1;
    place_.assign(codes, UINT32_MAX);
    bool has_null = false;
    for (const uint32_t row : selected_) {
      const uint32_t code = std::min<uint32_t>(tag->codes[segment_->series[row]], static_cast<uint32_t>(codes - 1));
      if (place_[code] == UINT32_MAX) {
        place_[code] = static_cast<uint32_t>(gathered->dictionary.size());
        const bool null = code == codes - 1;
        has_null = has_null || null;
        gathered->dictionary.push_back(null ? std::string_view() : tag->values[code]);
      }
      gathered->indices.push_back(place_[code]);
    }
    if (has_null) {
      gathered->validity.assign((gathered->dictionary.size() + 63) / 64, ~uint64_t{0});
      gathered->validity[place_.back() / 64] &= ~(uint64_t{1} << (place_.back() % 64));
      out.validity = gathered->validity.data();
    }
    out.kind = ColumnVector::Kind::kDictionary;
    out.data = gathered->dictionary.data();
    out.indices = gathered->indices.data();
    out.dictionary_size = gathered->dictionary.size();
    out.keep_alive = std::move(gathered);
  }

  const OpenRead read_;
  const std::shared_ptr<ScanControl> control_;
  const chunk::RowSegment* segment_ = nullptr;
  uint64_t rows_ = 0;
  bool all_times_ = false;  // every row lies within the times asked for
  uint64_t at_ = 0;         // the next row, or position among those asked for
  std::vector<uint32_t> selected_;
  std::vector<uint8_t> keep_;
  std::vector<uint32_t> place_;
};

}  // namespace

const OpenSeries::Tag* OpenSeries::tag(model::ColumnId column) const {
  const auto found = std::ranges::find(tags, column, &Tag::column);
  return found == tags.end() ? nullptr : &*found;
}

std::shared_ptr<const OpenSeries> look_at_series(const chunk::OpenSnapshot& rows, const SeriesFilter& filter) {
  auto series = std::make_shared<OpenSeries>();
  std::vector<chunk::SeriesOrdinal> all(rows.series->size());
  series->count = all.size();
  std::iota(all.begin(), all.end(), chunk::SeriesOrdinal{0});
  for (const chunk::TagCodes& known : rows.series->tag_codes(all)) {
    OpenSeries::Tag tag{known.column, {}, known.codes};
    for (uint32_t& code : tag.codes) {
      if (code == chunk::kNoTag) {
        code = OpenSeries::kNullCode;
        tag.has_null = true;
        continue;
      }
      if (code >= tag.values.size()) tag.values.resize(code + 1);
      tag.values[code] = (*known.values)[code];
    }
    series->tags.push_back(std::move(tag));
  }
  if (!filter.empty()) {
    series->matching.assign(all.size(), 1);
    filter.keep_matching(
        [&](model::ColumnId column) -> SeriesFilter::Codes {
          const OpenSeries::Tag* tag = series->tag(column);
          return tag == nullptr ? SeriesFilter::Codes{} : SeriesFilter::Codes{tag->values, tag->codes};
        },
        series->matching);
  }
  return series;
}

std::vector<std::vector<uint32_t>> rows_at_ends(const chunk::OpenSnapshot& rows, const OpenSeries& series,
                                                const model::TimeRange& times, const SeriesEnds& ends) {
  struct Part {
    const chunk::RowSegment* segment;
    uint64_t rows;
  };
  std::vector<Part> parts;
  rows.columns->for_each_segment(
      rows.rows, [&](const chunk::RowSegment& segment, uint64_t count) { parts.push_back({&segment, count}); });
  std::vector<std::vector<uint32_t>> picked(parts.size());
  const auto wanted = [&](const Part& part, uint64_t row) {
    return times.contains(part.segment->times[row]) &&
           (series.matching.empty() || series.matching[part.segment->series[row]] != 0);
  };
  // Rows of a series came in order of time, so the first met going either way are its ends.
  if (ends.first_rows > 0) {
    std::vector<uint32_t> left(series.count, ends.first_rows);
    for (size_t i = 0; i < parts.size(); ++i)
      for (uint64_t row = 0; row < parts[i].rows; ++row)
        if (uint32_t& missing = left[parts[i].segment->series[row]]; missing > 0 && wanted(parts[i], row)) {
          --missing;
          picked[i].push_back(static_cast<uint32_t>(row));
        }
  }
  std::vector<uint32_t> left(series.count, ends.last_rows);
  std::vector<std::vector<uint8_t>> found(ends.last_values.size(), std::vector<uint8_t>(series.count));
  for (size_t i = parts.size(); i > 0; --i) {
    const Part& part = parts[i - 1];
    for (uint64_t row = part.rows; row > 0; --row) {
      const uint32_t ordinal = part.segment->series[row - 1];
      bool needed = left[ordinal] > 0;
      for (size_t value = 0; value < found.size() && !needed; ++value) needed = found[value][ordinal] == 0;
      if (!needed || !wanted(part, row - 1)) continue;
      bool taken = left[ordinal] > 0;
      if (taken) --left[ordinal];
      for (size_t value = 0; value < found.size(); ++value) {
        const chunk::ColumnSegment* column = part.segment->column(ends.last_values[value]);
        if (found[value][ordinal] != 0 || column == nullptr || !column->is_valid(row - 1)) continue;
        found[value][ordinal] = 1;
        taken = true;
      }
      if (taken) picked[i - 1].push_back(static_cast<uint32_t>(row - 1));
    }
  }
  for (std::vector<uint32_t>& of_segment : picked) {
    std::ranges::sort(of_segment);
    const auto rest = std::ranges::unique(of_segment);
    of_segment.erase(rest.begin(), rest.end());
  }
  return picked;
}

size_t segment_count(const chunk::OpenSnapshot& rows) {
  size_t count = 0;
  rows.columns->for_each_segment(rows.rows, [&](const chunk::RowSegment&, uint64_t) { ++count; });
  return count;
}

std::unique_ptr<MorselReader> read_open(OpenRead read, std::shared_ptr<ScanControl> control) {
  return std::make_unique<OpenReader>(std::move(read), std::move(control));
}

}  // namespace magnetite::query
