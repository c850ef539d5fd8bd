// Internal: where an open chunk keeps its rows. Row segments are chained and never move; in each, a column has memory
// only once some row of the segment has a value.
//
// Who may read what: a reader that was given a row count through the chunk's mutex may read everything of rows below
// it. What rows above it share with those (validity words, column pointers, a segment's end) is atomic.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "chunk/byte_arena.h"
#include "chunk/series_dictionary.h"
#include "model/column_type.h"

namespace magnetite::chunk {

inline constexpr uint64_t kSegmentRowsMax = 65'536;

constexpr size_t value_bytes(model::ColumnType type) {
  switch (type) {
    case model::ColumnType::kTag:
    case model::ColumnType::kString:
      return sizeof(std::string_view);
    case model::ColumnType::kBoolean:
      return sizeof(uint8_t);
    default:
      return sizeof(uint64_t);
  }
}

// Zeroed memory; large blocks come from the system untouched, so unused rows cost nothing.
struct FreeDeleter {
  void operator()(void* memory) const { std::free(memory); }
};
template <class T>
using ZeroedArray = std::unique_ptr<T[], FreeDeleter>;
template <class T>
ZeroedArray<T> make_zeroed(size_t count) {
  void* memory = std::calloc(std::max<size_t>(count, 1), sizeof(T));
  if (memory == nullptr) throw std::bad_alloc();
  return ZeroedArray<T>(static_cast<T*>(memory));
}

// One column of one row segment. Slots without a value are zero.
struct ColumnSegment {
  ColumnSegment(model::ColumnType type, uint64_t rows)
      : values(make_zeroed<std::byte>(rows * value_bytes(type))), validity(make_zeroed<uint64_t>((rows + 63) / 64)) {}

  uint64_t word(size_t index) const {
    return std::atomic_ref<uint64_t>(validity[index]).load(std::memory_order_relaxed);
  }
  bool is_valid(uint64_t row) const { return (word(row / 64) >> (row % 64) & 1) != 0; }
  void set_valid(uint64_t row) {  // the only writer: no read-modify-write needed
    std::atomic_ref<uint64_t> bits(validity[row / 64]);
    bits.store(bits.load(std::memory_order_relaxed) | uint64_t{1} << (row % 64), std::memory_order_relaxed);
  }

  void set_valid(uint64_t first, uint64_t count) {
    while (count > 0) {
      const uint64_t bits = std::min(count, 64 - first % 64);
      const uint64_t mask = bits == 64 ? ~uint64_t{0} : ((uint64_t{1} << bits) - 1) << (first % 64);
      std::atomic_ref<uint64_t> word(validity[first / 64]);
      word.store(word.load(std::memory_order_relaxed) | mask, std::memory_order_relaxed);
      first += bits;
      count -= bits;
    }
  }

  const ZeroedArray<std::byte> values;
  const ZeroedArray<uint64_t> validity;
};

struct RowSegment {
  RowSegment(uint64_t first, uint64_t capacity, size_t column_capacity)
      : first_row(first),
        end_row(first + capacity),
        series(std::make_unique_for_overwrite<SeriesOrdinal[]>(capacity)),
        times(std::make_unique_for_overwrite<int64_t[]>(capacity)),
        columns(column_capacity) {}
  ~RowSegment() {
    for (std::atomic<ColumnSegment*>& column : columns) delete column.load(std::memory_order_relaxed);
  }
  RowSegment(const RowSegment&) = delete;
  RowSegment& operator=(const RowSegment&) = delete;

  const ColumnSegment* column(model::ColumnId id) const {  // nullptr: all NULL
    return id.value < columns.size() ? columns[id.value].load(std::memory_order_acquire) : nullptr;
  }

  const uint64_t first_row;
  std::atomic<uint64_t> end_row;  // lowered when it ends early: a schema outgrew `columns`
  const std::unique_ptr<SeriesOrdinal[]> series;
  const std::unique_ptr<int64_t[]> times;
  std::vector<std::atomic<ColumnSegment*>> columns;  // by ColumnId
  RowSegment* next = nullptr;                        // there once a row behind `end_row` is published
};

struct OpenColumns {
  OpenColumns() = default;
  ~OpenColumns() {
    while (first != nullptr) delete std::exchange(first, first->next);
  }
  OpenColumns(const OpenColumns&) = delete;
  OpenColumns& operator=(const OpenColumns&) = delete;

  // Calls visit(segment, rows) for the segments of the first `rows` rows, in order.
  template <class Visit>
  void for_each_segment(uint64_t rows, const Visit& visit) const {
    if (rows == 0) return;
    for (const RowSegment* segment = first; segment != nullptr;) {
      const uint64_t end = segment->end_row.load(std::memory_order_relaxed);
      visit(*segment, std::min(rows, end) - segment->first_row);
      if (rows <= end) return;
      segment = segment->next;
    }
  }

  RowSegment* first = nullptr;  // there once a row is published
  ByteArena strings;            // the writer's
};

}  // namespace magnetite::chunk
