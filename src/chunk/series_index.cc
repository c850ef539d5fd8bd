#include "chunk/series_index.h"

#include <algorithm>

#include "base/check.h"

namespace magnetite::chunk {

SeriesIndex::SeriesIndex(SortKey key, std::vector<TagColumn> tags, std::vector<uint64_t> row_offsets,
                         std::shared_ptr<const void> text)
    : key_(std::move(key)), tags_(std::move(tags)), row_offsets_(std::move(row_offsets)), text_(std::move(text)) {
  MAGNETITE_CHECK(!row_offsets_.empty());
  for (const TagColumn& tag : tags_) MAGNETITE_CHECK(tag.codes.size() == series_count());
}

size_t SeriesIndex::series_of_row(uint64_t row) const {
  return static_cast<size_t>(std::ranges::upper_bound(row_offsets_, row) - row_offsets_.begin()) - 1;
}

const SeriesIndex::TagColumn* SeriesIndex::tag_column(model::ColumnId column) const {
  const auto it = std::ranges::find(tags_, column, &TagColumn::column);
  return it == tags_.end() ? nullptr : &*it;
}

std::optional<std::string_view> SeriesIndex::tag(size_t series, model::ColumnId column) const {
  const TagColumn* tag = tag_column(column);
  if (tag == nullptr || tag->codes[series] == kNullCode) return std::nullopt;
  return tag->values[tag->codes[series]];
}

std::strong_ordering SeriesIndex::compare(const SeriesIndex& left, size_t left_series, const SeriesIndex& right,
                                          size_t right_series, const SortKey& key) {
  for (const model::ColumnId column : key.tags) {
    // nullopt compares below every value, as NULL does here.
    const std::strong_ordering order = left.tag(left_series, column) <=> right.tag(right_series, column);
    if (order != 0) return order;
  }
  return std::strong_ordering::equal;
}

size_t SeriesIndex::bytes() const {
  size_t total = sizeof(*this) + row_offsets_.capacity() * sizeof(uint64_t);
  for (const TagColumn& tag : tags_) {
    total += tag.codes.capacity() * sizeof(uint32_t) + tag.values.capacity() * sizeof(std::string_view);
    for (const std::string_view value : tag.values) total += value.size();
  }
  return total;
}

}  // namespace magnetite::chunk
