// Spellings of `measurement,tagset` -> series ordinal, for one partition. Append-only; shared by the partition's
// successive chunks while hits stay high, so freezing never relearns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "chunk/stable_list.h"
#include "entry/routed_write.h"
#include "model/ids.h"

namespace magnetite::chunk {

using entry::SeriesOrdinal;

struct TagView {
  model::ColumnId column;
  std::string_view value;  // lives as long as the dictionary
};

// Distinct values of one tag column by code; lives as long as the dictionary.
using TagValues = StableList<std::string_view>;
inline constexpr uint32_t kNoTag = UINT32_MAX;

// One tag column of several series.
struct TagCodes {
  model::ColumnId column;
  const TagValues* values = nullptr;  // read only codes found here: it may be growing
  std::vector<uint32_t> codes;        // kNoTag = the series lacks this tag
};

// What all series of a dictionary say about a tag.
struct TagExtent {
  uint64_t series_count = 0;  // that have it
  uint64_t distinct_count = 0;
  std::string_view min;
  std::string_view max;
};

// Thread-safe; find() takes no lock. Ordinals are dense from 0 and mean the same for ever.
class SeriesDictionary final : public entry::SeriesLookup {
 public:
  SeriesDictionary();
  ~SeriesDictionary() override;

  SeriesOrdinal find(std::string_view raw) const override;
  SeriesOrdinal find(std::string_view raw, Trail& trail) const override;

  // Another spelling of a known tag set gives that one's ordinal. `tags` in any order, no duplicates.
  SeriesOrdinal insert(std::string_view raw, std::span<const std::pair<model::ColumnId, std::string_view>> tags);

  size_t size() const;  // series
  size_t bytes() const;
  // Tags of a series by ColumnId. The vector's views live as long as the dictionary.
  std::vector<TagView> tags(SeriesOrdinal series) const;
  // Columnwise, by ColumnId; codes parallel to `series`. Columns that none of them has are left out.
  std::vector<TagCodes> tag_codes(std::span<const SeriesOrdinal> series) const;
  std::optional<TagExtent> tag_extent(model::ColumnId column) const;

 private:
  struct State;
  mutable Mutex mutex_;  // for writers and tags; State says what it guards
  std::unique_ptr<State> state_;
};

}  // namespace magnetite::chunk
