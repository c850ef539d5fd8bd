#include "query/row_filter.h"

#include <cmath>
#include <string_view>

namespace magnetite::query {
namespace {

template <class T, class Test>
void keep_if(const T* values, size_t count, uint8_t* keep, const Test& test) {
  for (size_t i = 0; i < count; ++i) keep[i] &= static_cast<uint8_t>(test(values[i]));
}

// "Greater" as "not less or equal", so that NaN is above everything.
template <class T, class Literal>
void compare(model::CompareOp op, const T* values, size_t count, const Literal& literal, uint8_t* keep) {
  switch (op) {
    case model::CompareOp::kEqual:
      return keep_if(values, count, keep, [&](const T& value) { return value == literal; });
    case model::CompareOp::kNotEqual:
      return keep_if(values, count, keep, [&](const T& value) { return value != literal; });
    case model::CompareOp::kLess:
      return keep_if(values, count, keep, [&](const T& value) { return value < literal; });
    case model::CompareOp::kLessOrEqual:
      return keep_if(values, count, keep, [&](const T& value) { return value <= literal; });
    case model::CompareOp::kGreater:
      return keep_if(values, count, keep, [&](const T& value) { return !(value <= literal); });
    case model::CompareOp::kGreaterOrEqual:
      return keep_if(values, count, keep, [&](const T& value) { return !(value < literal); });
  }
}

bool is_of(const model::Literal& literal, model::ColumnType type) {
  switch (type) {
    case model::ColumnType::kFloat:
      return std::holds_alternative<double>(literal) && !std::isnan(std::get<double>(literal));
    case model::ColumnType::kInteger:
      return std::holds_alternative<int64_t>(literal);
    case model::ColumnType::kUnsigned:
      return std::holds_alternative<uint64_t>(literal);
    case model::ColumnType::kBoolean:
      return std::holds_alternative<bool>(literal);
    case model::ColumnType::kString:
      return std::holds_alternative<std::string>(literal);
    case model::ColumnType::kTag:
    case model::ColumnType::kTime:
      return false;  // answered elsewhere
  }
  return false;
}

}  // namespace

RowFilter::RowFilter(const model::Predicate& predicate, const schema::TableSchema& schema) {
  for (const model::Comparison& comparison : predicate.comparisons)
    if (is_of(comparison.literal, schema.column(comparison.column).type)) comparisons_.push_back(comparison);
}

void RowFilter::keep_matching(const model::Comparison& comparison, const void* values, size_t count, uint8_t* keep) {
  std::visit(
      [&]<class Literal>(const Literal& literal) {
        if constexpr (std::is_same_v<Literal, std::string>)
          compare(comparison.op, static_cast<const std::string_view*>(values), count, std::string_view(literal), keep);
        else if constexpr (std::is_same_v<Literal, bool>)
          compare(comparison.op, static_cast<const uint8_t*>(values), count, static_cast<uint8_t>(literal), keep);
        else
          compare(comparison.op, static_cast<const Literal*>(values), count, literal, keep);
      },
      comparison.literal);
}

}  // namespace magnetite::query
