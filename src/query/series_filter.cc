#include "query/series_filter.h"

#include <algorithm>

namespace magnetite::query {
namespace {

bool satisfies(std::string_view value, model::CompareOp op, std::string_view literal) {
  switch (op) {
    case model::CompareOp::kEqual:
      return value == literal;
    case model::CompareOp::kNotEqual:
      return value != literal;
    case model::CompareOp::kLess:
      return value < literal;
    case model::CompareOp::kLessOrEqual:
      return value <= literal;
    case model::CompareOp::kGreater:
      return value > literal;
    case model::CompareOp::kGreaterOrEqual:
      return value >= literal;
  }
  return true;
}

// Clears series whose value is NULL or fails `test`.
template <class Test>
void keep(const SeriesFilter::Codes& tag, const Test& test, std::vector<uint8_t>& matching) {
  if (tag.codes.empty()) {
    std::ranges::fill(matching, uint8_t{0});
    return;
  }
  std::vector<uint8_t> by_code(tag.values.size());
  for (size_t code = 0; code < by_code.size(); ++code) by_code[code] = test(tag.values[code]) ? 1 : 0;
  for (size_t i = 0; i < matching.size(); ++i) {
    const uint32_t code = tag.codes[i];
    matching[i] &= code < by_code.size() ? by_code[code] : uint8_t{0};
  }
}

}  // namespace

SeriesFilter::SeriesFilter(const model::Predicate& predicate, const schema::TableSchema& schema) {
  const auto is_tag = [&](model::ColumnId id) { return schema.column(id).type == model::ColumnType::kTag; };
  for (const model::Comparison& comparison : predicate.comparisons)
    if (is_tag(comparison.column) && std::holds_alternative<std::string>(comparison.literal))
      comparisons_.push_back(comparison);
  for (const model::Membership& membership : predicate.memberships)
    if (is_tag(membership.column)) memberships_.push_back(membership);
  for (model::Membership& membership : memberships_) std::ranges::sort(membership.values);
}

void SeriesFilter::keep_matching(const std::function<Codes(model::ColumnId)>& codes_of,
                                 std::vector<uint8_t>& matching) const {
  for (const model::Comparison& comparison : comparisons_) {
    const std::string_view literal = std::get<std::string>(comparison.literal);
    keep(
        codes_of(comparison.column), [&](std::string_view value) { return satisfies(value, comparison.op, literal); },
        matching);
  }
  for (const model::Membership& membership : memberships_) {
    keep(
        codes_of(membership.column),
        [&](std::string_view value) { return std::ranges::binary_search(membership.values, value, std::less<>()); },
        matching);
  }
}

std::shared_ptr<const std::vector<uint32_t>> SeriesFilter::match(const chunk::SeriesIndex& series) const {
  if (empty()) return nullptr;
  std::vector<uint8_t> matching(series.series_count(), 1);
  keep_matching(
      [&](model::ColumnId column) -> Codes {
        const chunk::SeriesIndex::TagColumn* tag = series.tag_column(column);
        return tag == nullptr ? Codes{} : Codes{tag->values, tag->codes};
      },
      matching);
  std::vector<uint32_t> list;
  for (size_t i = 0; i < matching.size(); ++i)
    if (matching[i] != 0) list.push_back(static_cast<uint32_t>(i));
  if (list.size() == matching.size()) return nullptr;
  return std::make_shared<const std::vector<uint32_t>>(std::move(list));
}

}  // namespace magnetite::query
