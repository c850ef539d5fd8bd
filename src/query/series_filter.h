// The part of a predicate that identity answers: tag conditions, evaluated once per series.
#pragma once

#include <cstdint>
#include <memory>
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

  // Matching series, ascending; nullptr = all of them.
  std::shared_ptr<const std::vector<uint32_t>> match(const chunk::SeriesIndex& series) const;

 private:
  std::vector<model::Comparison> comparisons_;
  std::vector<model::Membership> memberships_;
};

}  // namespace magnetite::query
