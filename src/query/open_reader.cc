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
};

class OpenReader final : public MorselReader {
 public:
  OpenReader(OpenRead read, std::shared_ptr<ScanControl> control)
      : read_(std::move(read)), control_(std::move(control)) {
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
  void select() {
    selected_.clear();
    const std::vector<uint8_t>& matching = read_.series->matching;
    for (; at_ < rows_ && selected_.size() < kBatchRowsMax; ++at_) {
      if (!read_.times.contains(segment_->times[at_])) continue;
      if (!matching.empty() && matching[segment_->series[at_]] == 0) continue;
      selected_.push_back(static_cast<uint32_t>(at_));
    }
  }

  // Rows that lie together are copied at once.
  bool together() const { return selected_.back() - selected_.front() + 1 == selected_.size(); }

  void fill_values(const std::byte* values, const chunk::ColumnSegment* validity, ColumnVector& out) const {
    auto gathered = std::make_shared<Gathered>();
    const size_t width = chunk::value_bytes(out.type);
    const size_t rows = selected_.size();
    gathered->values = std::make_unique_for_overwrite<std::byte[]>(rows * width);
    gathered->source = read_.rows.columns;
    if (together()) {
      std::memcpy(gathered->values.get(), values + selected_.front() * width, rows * width);
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
    out.kind = ColumnVector::Kind::kFlat;
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
  uint64_t at_ = 0;
  std::vector<uint32_t> selected_;
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
  std::iota(all.begin(), all.end(), chunk::SeriesOrdinal{0});
  for (const chunk::TagCodes& known : rows.series->tag_codes(all)) {
    OpenSeries::Tag tag{known.column, {}, known.codes};
    for (uint32_t& code : tag.codes) {
      if (code == chunk::kNoTag) {
        code = OpenSeries::kNullCode;
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

size_t segment_count(const chunk::OpenSnapshot& rows) {
  size_t count = 0;
  rows.columns->for_each_segment(rows.rows, [&](const chunk::RowSegment&, uint64_t) { ++count; });
  return count;
}

std::unique_ptr<MorselReader> read_open(OpenRead read, std::shared_ptr<ScanControl> control) {
  return std::make_unique<OpenReader>(std::move(read), std::move(control));
}

}  // namespace magnetite::query
