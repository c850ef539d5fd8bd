// Spellings of `measurement,tagset` -> series ordinal, for one partition. Append-only; shared by the partition's
// successive chunks while hits stay high, so freezing never relearns.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "entry/routed_write.h"
#include "model/ids.h"

namespace magnetite::chunk {

using entry::SeriesOrdinal;

struct TagView {
  model::ColumnId column;
  std::string_view value;  // lives as long as the dictionary
};

// Thread-safe. Ordinals are dense from 0 and mean the same for ever.
class SeriesDictionary final : public entry::SeriesLookup {
 public:
  SeriesDictionary();
  ~SeriesDictionary() override;

  SeriesOrdinal find(std::string_view raw) const override;

  // Another spelling of a known tag set gives that one's ordinal. `tags` in any order, no duplicates.
  SeriesOrdinal insert(std::string_view raw, std::span<const std::pair<model::ColumnId, std::string_view>> tags);

  size_t size() const;       // series
  size_t bytes() const;
  // Tags of a series by ColumnId. The vector's views live as long as the dictionary.
  std::vector<TagView> tags(SeriesOrdinal series) const;

 private:
  struct State;
  mutable Mutex mutex_;
  std::unique_ptr<State> state_;
};

}  // namespace magnetite::chunk
