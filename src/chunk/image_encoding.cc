#include "chunk/image_encoding.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace magnetite::chunk {
namespace {

constexpr size_t kSampleRows = 4'096;
constexpr size_t kMiniblockRows = 32;  // as in DELTA_BINARY_PACKED

std::vector<uint64_t> sample_of(const ColumnVector& vector, size_t rows) {
  std::vector<uint64_t> sample;
  const auto* values = static_cast<const uint64_t*>(vector.data);
  for (size_t row = 0; row < rows && sample.size() < kSampleRows; ++row)
    if (vector.is_valid(row)) sample.push_back(values[row]);
  return sample;
}

double dictionary_bits(std::vector<uint64_t> sample) {
  std::ranges::sort(sample);
  const auto distinct = static_cast<size_t>(std::ranges::unique(sample).begin() - sample.begin());
  if (distinct * 4 > sample.size()) return 64;  // it would not stay small
  return std::bit_width(distinct - 1);
}

double delta_bits(const std::vector<uint64_t>& sample) {
  double bits = 0;
  size_t blocks = 0;
  for (size_t at = 0; at + kMiniblockRows < sample.size(); at += kMiniblockRows, ++blocks) {
    int64_t min = INT64_MAX;
    int64_t max = INT64_MIN;
    for (size_t i = at; i < at + kMiniblockRows; ++i) {
      const auto delta = static_cast<int64_t>(sample[i + 1] - sample[i]);
      min = std::min(min, delta);
      max = std::max(max, delta);
    }
    bits += std::bit_width(static_cast<uint64_t>(max) - static_cast<uint64_t>(min));
  }
  return blocks == 0 ? 0 : bits / static_cast<double>(blocks);
}

}  // namespace

ColumnEncoding choose_encoding(const DecodedColumn& sample) {
  const ColumnVector& vector = sample.vector;
  if (vector.type == model::ColumnType::kString) return ColumnEncoding::kDictionary;
  if (vector.type == model::ColumnType::kBoolean || vector.kind != ColumnVector::Kind::kFlat)
    return ColumnEncoding::kPlain;
  const std::vector<uint64_t> values = sample_of(vector, sample.rows);
  if (values.empty()) return ColumnEncoding::kPlain;
  const double as_dictionary = dictionary_bits(values);
  if (vector.type == model::ColumnType::kFloat)
    return as_dictionary <= 12 ? ColumnEncoding::kDictionary : ColumnEncoding::kSplit;
  if (vector.type == model::ColumnType::kTime) return ColumnEncoding::kDelta;
  return as_dictionary < delta_bits(values) ? ColumnEncoding::kDictionary : ColumnEncoding::kDelta;
}

}  // namespace magnetite::chunk
