// The series of a sorted chunk: who they are and which rows are theirs. Tag filters are answered here, once per series.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"

namespace magnetite::chunk {

// Order of a table's rows: these tags, then time. A missing tag is NULL and sorts first. Fixed at the table's first
// freeze; new tags are appended, so older chunks stay sorted by it.
struct SortKey {
  std::vector<model::ColumnId> tags;
  bool operator==(const SortKey&) const = default;
};

// Immutable; thread-safe.
class SeriesIndex {
 public:
  // One tag column: distinct values in byte order; codes per series, kNullCode = no such tag.
  static constexpr uint32_t kNullCode = UINT32_MAX;
  struct TagColumn {
    model::ColumnId column;
    std::vector<std::string_view> values;  // ascending; views into text_
    std::vector<uint32_t> codes;           // by series
  };

  SeriesIndex(SortKey key, std::vector<TagColumn> tags, std::vector<uint64_t> row_offsets,
              std::shared_ptr<const void> text);

  const SortKey& key() const { return key_; }
  size_t series_count() const { return row_offsets_.size() - 1; }
  uint64_t row_count() const { return row_offsets_.back(); }
  uint64_t first_row(size_t series) const { return row_offsets_[series]; }
  uint64_t end_row(size_t series) const { return row_offsets_[series + 1]; }
  size_t series_of_row(uint64_t row) const;

  const TagColumn* tag_column(model::ColumnId column) const;  // nullptr: no row has this tag
  std::span<const TagColumn> tag_columns() const { return tags_; }
  std::optional<std::string_view> tag(size_t series, model::ColumnId column) const;

  // Compares series of two indices by `key` (a table's current one, at least as long as both).
  static std::strong_ordering compare(const SeriesIndex& left, size_t left_series, const SeriesIndex& right,
                                      size_t right_series, const SortKey& key);

  size_t bytes() const;

 private:
  SortKey key_;
  std::vector<TagColumn> tags_;        // in key order
  std::vector<uint64_t> row_offsets_;  // series_count + 1, strictly ascending
  std::shared_ptr<const void> text_;
};

}  // namespace magnetite::chunk
