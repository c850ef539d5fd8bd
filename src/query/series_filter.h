// The part of a predicate that identity answers: tag conditions, evaluated once per series.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "chunk/series_index.h"
#include "model/predicate.h"
#include "schema/table_schema.h"

namespace magnetite::query {

class SeriesFilter {
 public:
  SeriesFilter(const model::Predicate& predicate, const schema::TableSchema& schema);

  bool empty() const { return comparisons_.empty() && memberships_.empty(); }  // every series matches

  // One tag: distinct values and a code per series; a code without a value is NULL. Empty = no series has it.
  struct Codes {
    std::span<const std::string_view> values;
    std::span<const uint32_t> codes;
  };
  // Clears the entries of series that do not match.
  void keep_matching(const std::function<Codes(model::ColumnId)>& codes_of, std::vector<uint8_t>& matching) const;

  // Matching series, ascending; nullptr = all of them.
  std::shared_ptr<const std::vector<uint32_t>> match(const chunk::SeriesIndex& series) const;

 private:
  std::vector<model::Comparison> comparisons_;
  std::vector<model::Membership> memberships_;
};

}  // namespace magnetite::query
