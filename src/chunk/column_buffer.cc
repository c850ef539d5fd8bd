#include "chunk/column_buffer.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "chunk/open_columns.h"

namespace magnetite::chunk {
namespace {

// Calls visit(bit of the target, number of bits, bits) for pieces that lie in one word of source and target.
template <class Visit>
void for_each_word(size_t from_bit, size_t to_bit, size_t count, const uint64_t* words, const Visit& visit) {
  while (count > 0) {
    const size_t bits = std::min({count, 64 - from_bit % 64, 64 - to_bit % 64});
    const uint64_t mask = bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
    visit(to_bit, words == nullptr ? mask : words[from_bit / 64] >> (from_bit % 64) & mask);
    from_bit += bits;
    to_bit += bits;
    count -= bits;
  }
}

}  // namespace

size_t ColumnBuffer::rows_within(const ColumnVector& from, size_t first, size_t count, size_t text_bytes_max) const {
  if (type_ != model::ColumnType::kString || from.kind == ColumnVector::Kind::kNull) return count;
  size_t bytes = text_bytes_;
  for (size_t i = 0; i < count; ++i) {
    if (from.is_valid(first + i)) bytes += from.value<std::string_view>(first + i).size();
    if (bytes > text_bytes_max) return i + 1;
  }
  return count;
}

void ColumnBuffer::append(const ColumnVector& from, size_t first, size_t count) {
  MAGNETITE_CHECK(count <= rows_max_ - rows_);
  if (values_ == nullptr && from.kind != ColumnVector::Kind::kNull) {
    values_ = std::make_unique_for_overwrite<std::byte[]>(rows_max_ * value_bytes(type_));
    if (type_ == model::ColumnType::kTag || type_ == model::ColumnType::kString)
      std::uninitialized_default_construct_n(reinterpret_cast<std::string_view*>(values_.get()), rows_);
  }
  append_validity(from, first, count);
  if (values_ != nullptr) {
    switch (type_) {
      case model::ColumnType::kFloat:
        append_values<double>(from, first, count);
        break;
      case model::ColumnType::kUnsigned:
        append_values<uint64_t>(from, first, count);
        break;
      case model::ColumnType::kBoolean:
        append_values<uint8_t>(from, first, count);
        break;
      case model::ColumnType::kTag:
      case model::ColumnType::kString:
        append_values<std::string_view>(from, first, count);
        break;
      case model::ColumnType::kInteger:
      case model::ColumnType::kTime:
        append_values<int64_t>(from, first, count);
        break;
    }
  }
  rows_ += count;
}

template <class T>
void ColumnBuffer::append_values(const ColumnVector& from, size_t first, size_t count) {
  T* to = reinterpret_cast<T*>(values_.get()) + rows_;
  switch (from.kind) {
    case ColumnVector::Kind::kNull:
      std::fill_n(to, count, T());
      return;
    case ColumnVector::Kind::kFlat:
      std::copy_n(static_cast<const T*>(from.data) + first, count, to);
      break;
    case ColumnVector::Kind::kConstant:
    case ColumnVector::Kind::kDictionary:
      for (size_t i = 0; i < count; ++i) to[i] = from.is_valid(first + i) ? from.value<T>(first + i) : T();
      break;
  }
  if constexpr (std::is_same_v<T, std::string_view>) {
    if (texts_.empty() || texts_.back() != from.keep_alive) texts_.push_back(from.keep_alive);
    const char* last = nullptr;
    for (size_t i = 0; i < count; ++i) {
      if (!from.is_valid(first + i)) to[i] = {};
      if (to[i].data() != last) text_bytes_ += to[i].size();
      last = to[i].data();
    }
  }
}

void ColumnBuffer::append_validity(const ColumnVector& from, size_t first, size_t count) {
  const bool no_null = from.kind != ColumnVector::Kind::kNull && from.validity == nullptr;
  if (no_null && validity_.empty()) {
    valid_rows_ += count;
    return;
  }
  if (validity_.empty()) {
    validity_.resize((rows_max_ + 63) / 64);
    for_each_word(0, 0, rows_, nullptr, [&](size_t at, uint64_t bits) { validity_[at / 64] |= bits << (at % 64); });
  }
  if (from.kind == ColumnVector::Kind::kNull) return;
  if (from.kind == ColumnVector::Kind::kFlat || from.validity == nullptr) {
    for_each_word(from.validity_offset + first, rows_, count, from.validity, [&](size_t at, uint64_t bits) {
      validity_[at / 64] |= bits << (at % 64);
      valid_rows_ += static_cast<size_t>(std::popcount(bits));
    });
    return;
  }
  for (size_t i = 0; i < count; ++i)
    if (from.is_valid(first + i)) {
      validity_[(rows_ + i) / 64] |= uint64_t{1} << ((rows_ + i) % 64);
      ++valid_rows_;
    }
}

void ColumnBuffer::clear() {
  rows_ = 0;
  valid_rows_ = 0;
  text_bytes_ = 0;
  validity_.clear();
  texts_.clear();
}

ColumnVector ColumnBuffer::vector() const {
  ColumnVector vector;
  vector.type = type_;
  if (valid_rows_ == 0) return vector;
  vector.kind = ColumnVector::Kind::kFlat;
  vector.data = values_.get();
  vector.validity = validity_.empty() ? nullptr : validity_.data();
  return vector;
}

}  // namespace magnetite::chunk
