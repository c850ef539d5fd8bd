#include "chunk/series_collector.h"

#include <algorithm>
#include <numeric>

namespace magnetite::chunk {
namespace {

std::optional<std::string_view> value_at(const ColumnVector& vector, size_t row) {
  if (!vector.is_valid(row)) return std::nullopt;
  return vector.value<std::string_view>(row);
}

// The first row behind `row` whose value may be another one.
size_t end_of_run(const ColumnVector& vector, size_t row, size_t end) {
  switch (vector.kind) {
    case ColumnVector::Kind::kNull:
    case ColumnVector::Kind::kConstant:
      return end;
    case ColumnVector::Kind::kDictionary: {
      const uint32_t index = vector.indices[row];
      return static_cast<size_t>(
          std::find_if(vector.indices + row + 1, vector.indices + end, [&](uint32_t each) { return each != index; }) -
          vector.indices);
    }
    case ColumnVector::Kind::kFlat:
      return row + 1;
  }
  return row + 1;
}

}  // namespace

SeriesCollector::SeriesCollector(SortKey key, std::span<const model::ColumnId> tags)
    : key_(std::move(key)), tags_(tags.size()), codes_(tags.size()), last_(tags.size()) {
  for (size_t i = 0; i < tags.size(); ++i) tags_[i].column = tags[i];
}

bool SeriesCollector::same_series(std::span<const ColumnVector> tags, size_t row) const {
  if (row_counts_.empty()) return false;
  for (size_t i = tags.size(); i > 0; --i)  // the last tags differ most often
    if (value_at(tags[i - 1], row) != last_[i - 1]) return false;
  return true;
}

Result<> SeriesCollector::start_series(std::span<const ColumnVector> tags, size_t row) {
  bool ordered = row_counts_.empty();  // some tag before this one is above that of the last series
  for (size_t i = 0; i < tags.size(); ++i) {
    SeriesIndex::TagColumn& tag = tags_[i];
    const Value value = value_at(tags[i], row);
    const auto order = value <=> last_[i];
    if (!ordered && order < 0) return fail(ErrorCode::kCorruption, "rows to be merged are not in the table's order");
    ordered = ordered || order > 0;
    if (!value) {
      tag.codes.push_back(SeriesIndex::kNullCode);
    } else if (order == 0 && !tag.codes.empty()) {
      tag.codes.push_back(tag.codes.back());
    } else {
      auto it = codes_[i].find(*value);
      if (it == codes_[i].end()) {
        const std::string_view kept = text_->store(*value);
        it = codes_[i].emplace(kept, static_cast<uint32_t>(tag.values.size())).first;
        tag.values.push_back(kept);
      }
      tag.codes.push_back(it->second);
    }
    last_[i] = value ? Value(tag.values[tag.codes.back()]) : std::nullopt;
  }
  row_counts_.push_back(0);
  return {};
}

Result<> SeriesCollector::add(std::span<const ColumnVector> tags, size_t first, size_t count,
                              std::vector<SeriesRun>& runs) {
  const size_t end = first + count;
  for (size_t at = first; at < end;) {
    size_t next = end;
    for (const ColumnVector& tag : tags) next = end_of_run(tag, at, next);
    if (!same_series(tags, at)) {
      MAGNETITE_RETURN_IF_ERROR(start_series(tags, at));
    }
    const auto series = static_cast<uint32_t>(row_counts_.size() - 1);
    row_counts_.back() += next - at;
    if (!runs.empty() && runs.back().series == series)
      runs.back().rows += next - at;
    else
      runs.push_back({series, next - at});
    at = next;
  }
  return {};
}

const SeriesIndex::TagColumn* SeriesCollector::tag(model::ColumnId column) const {
  const auto it = std::ranges::find(tags_, column, &SeriesIndex::TagColumn::column);
  return it == tags_.end() ? nullptr : &*it;
}

std::unique_ptr<SeriesIndex> SeriesCollector::finish() {
  codes_.clear();
  std::erase_if(tags_, [](const SeriesIndex::TagColumn& tag) { return tag.values.empty(); });
  for (SeriesIndex::TagColumn& tag : tags_) {
    std::vector<uint32_t> by_value(tag.values.size());
    std::iota(by_value.begin(), by_value.end(), 0U);
    std::ranges::sort(by_value, {}, [&](uint32_t code) { return tag.values[code]; });
    std::vector<uint32_t> rank(by_value.size());
    for (uint32_t i = 0; i < by_value.size(); ++i) rank[by_value[i]] = i;
    for (uint32_t& code : tag.codes)
      if (code != SeriesIndex::kNullCode) code = rank[code];
    std::ranges::sort(tag.values);
  }
  std::vector<uint64_t> offsets{0};
  offsets.reserve(row_counts_.size() + 1);
  for (const uint64_t rows : row_counts_) offsets.push_back(offsets.back() + rows);
  return std::make_unique<SeriesIndex>(key_, std::move(tags_), std::move(offsets), text_);
}

}  // namespace magnetite::chunk
