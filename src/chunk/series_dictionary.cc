#include "chunk/series_dictionary.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>

#include "base/check.h"
#include "chunk/byte_arena.h"

namespace magnetite::chunk {
namespace {

// A spelling in the arena, followed by its bytes.
struct Spelling {
  SeriesOrdinal series;
  uint32_t length;
  uint32_t hash;                                // where it sits in a table of any size
  std::atomic<const Spelling*> next = nullptr;  // the one that came after it
  const char* text() const { return reinterpret_cast<const char*>(this + 1); }
  bool is(std::string_view raw) const { return length == raw.size() && std::memcmp(text(), raw.data(), length) == 0; }
};

// A slot is the address of a Spelling with 16 bits of its hash above: user addresses have 47 bits on the processors we
// run on, so one load decides nearly every mismatch. 0 = free.
using Slot = uint64_t;
constexpr int kAddressBits = 48;
constexpr Slot kAddressMask = (Slot{1} << kAddressBits) - 1;

struct Table {
  explicit Table(size_t size) : mask(size - 1), slots(std::make_unique<std::atomic<Slot>[]>(size)) {}
  const size_t mask;
  const std::unique_ptr<std::atomic<Slot>[]> slots;
};

uint64_t hash_of(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }
uint32_t position_bits(uint64_t hash) { return static_cast<uint32_t>(hash); }
Slot tag_bits(uint64_t hash) { return hash >> kAddressBits << kAddressBits; }

void put(Table& table, Slot slot, uint32_t position) {
  size_t at = position & table.mask;
  while (table.slots[at].load(std::memory_order_relaxed) != 0) at = (at + 1) & table.mask;
  table.slots[at].store(slot, std::memory_order_release);  // publishes the spelling
}

// Numbers in an open-addressing table, found by hash and a comparison. Not thread-safe.
class NumberTable {
 public:
  template <class Equals>
  uint32_t find(uint32_t hash, const Equals& equals) const {
    if (slots_.empty()) return kNone;
    for (size_t at = hash & (slots_.size() - 1); slots_[at].number != kNone; at = (at + 1) & (slots_.size() - 1))
      if (slots_[at].hash == hash && equals(slots_[at].number)) return slots_[at].number;
    return kNone;
  }
  void insert(uint32_t hash, uint32_t number) {
    if ((used_ + 1) * 4 > slots_.size() * 3) grow();
    place({hash, number});
    ++used_;
  }
  size_t bytes() const { return slots_.size() * sizeof(Entry); }

  static constexpr uint32_t kNone = UINT32_MAX;

 private:
  struct Entry {
    uint32_t hash = 0;
    uint32_t number = kNone;
  };
  void place(Entry entry) {
    size_t at = entry.hash & (slots_.size() - 1);
    while (slots_[at].number != kNone) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = entry;
  }
  void grow() {
    std::vector<Entry> old(std::max<size_t>(8, slots_.size() * 2));
    old.swap(slots_);
    for (const Entry& entry : old)
      if (entry.number != kNone) place(entry);
  }
  std::vector<Entry> slots_;
  size_t used_ = 0;
};

struct TagColumn {
  TagValues values;
  NumberTable by_value;
  uint64_t series_count = 0;
  std::string_view min;
  std::string_view max;
};

}  // namespace

struct SeriesDictionary::State {
  // Read by find() without the lock; old tables stay for those who still look into them.
  std::atomic<const Table*> table;
  std::atomic<size_t> series_count = 0;
  std::atomic<size_t> bytes = 0;

  // All below under the mutex.
  std::vector<std::unique_ptr<Table>> tables;
  size_t spellings = 0;
  Spelling* last_spelling = nullptr;
  ByteArena arena;
  std::map<model::ColumnId, TagColumn> columns;  // stable addresses
  // A shape is a set of tag columns; a series is the number of its shape followed by one code per column.
  std::vector<std::vector<model::ColumnId>> shapes;
  std::map<std::vector<model::ColumnId>, uint32_t> shape_numbers;
  std::vector<const uint32_t*> series;
  NumberTable by_tags;
  size_t side_bytes = 0;  // of tag columns and shapes

  uint32_t shape_number(const std::vector<model::ColumnId>& columns_of_shape) {
    const auto [it, added] = shape_numbers.try_emplace(columns_of_shape, static_cast<uint32_t>(shapes.size()));
    if (added) {
      shapes.push_back(columns_of_shape);
      side_bytes += 2 * columns_of_shape.size() * sizeof(model::ColumnId) + 100;
    }
    return it->second;
  }

  uint32_t intern(TagColumn& column, std::string_view value) {
    const auto hash = static_cast<uint32_t>(hash_of(value));
    const uint32_t known = column.by_value.find(hash, [&](uint32_t code) { return column.values[code] == value; });
    if (known != NumberTable::kNone) return known;
    const std::string_view kept = arena.store(value);
    const size_t bytes_before = column.values.bytes() + column.by_value.bytes();
    const uint32_t code = column.values.push_back(kept);
    column.by_value.insert(hash, code);
    side_bytes += column.values.bytes() + column.by_value.bytes() - bytes_before + (code == 0 ? sizeof(TagColumn) : 0);
    if (code == 0 || kept < column.min) column.min = kept;
    if (code == 0 || kept > column.max) column.max = kept;
    return code;
  }

  // The series with these tags, made if it is not there.
  SeriesOrdinal ordinal_of(std::vector<std::pair<model::ColumnId, std::string_view>> tags) {
    std::ranges::sort(tags);
    std::vector<model::ColumnId> shape;
    std::vector<uint32_t> record(1);
    for (const auto& [column, value] : tags) {
      shape.push_back(column);
      record.push_back(intern(columns[column], value));
    }
    record[0] = shape_number(shape);
    const size_t record_bytes = record.size() * sizeof(uint32_t);
    const auto hash = static_cast<uint32_t>(XXH3_64bits(record.data(), record_bytes));
    const uint32_t known = by_tags.find(hash, [&](uint32_t other) {
      return series[other][0] == record[0] && std::memcmp(series[other], record.data(), record_bytes) == 0;
    });
    if (known != NumberTable::kNone) return known;
    MAGNETITE_CHECK(series.size() < entry::kUnknownSeries);
    const auto ordinal = static_cast<SeriesOrdinal>(series.size());
    char* kept = arena.allocate(record_bytes, alignof(uint32_t));
    std::memcpy(kept, record.data(), record_bytes);
    series.push_back(reinterpret_cast<const uint32_t*>(kept));
    by_tags.insert(hash, ordinal);
    for (const model::ColumnId column : shape) ++columns[column].series_count;
    return ordinal;
  }

  void grow_if_full() {
    const Table& old = *tables.back();
    if ((spellings + 1) * 3 <= (old.mask + 1) * 2) return;
    auto wider = std::make_unique<Table>((old.mask + 1) * 2);
    for (size_t at = 0; at <= old.mask; ++at) {
      const Slot slot = old.slots[at].load(std::memory_order_relaxed);
      if (slot == 0) continue;
      put(*wider, slot, reinterpret_cast<const Spelling*>(slot & kAddressMask)->hash);
    }
    table.store(wider.get(), std::memory_order_release);
    tables.push_back(std::move(wider));
  }

  void count_bytes() {
    size_t total = sizeof(State) + side_bytes + arena.bytes() + series.capacity() * sizeof(series[0]) + by_tags.bytes();
    for (const auto& each : tables) total += (each->mask + 1) * sizeof(Slot);
    bytes.store(total, std::memory_order_relaxed);
  }
};

SeriesDictionary::SeriesDictionary() : state_(std::make_unique<State>()) {
  constexpr size_t kSlotsAtStart = 16;
  state_->tables.push_back(std::make_unique<Table>(kSlotsAtStart));
  state_->table = state_->tables.back().get();
  state_->count_bytes();
}

SeriesDictionary::~SeriesDictionary() = default;

SeriesOrdinal SeriesDictionary::find(std::string_view raw) const {
  Trail none;
  return find(raw, none);
}

SeriesOrdinal SeriesDictionary::find(std::string_view raw, Trail& trail) const {
  if (trail.last != nullptr) {
    const Spelling* next = static_cast<const Spelling*>(trail.last)->next.load(std::memory_order_acquire);
    if (next != nullptr && next->is(raw)) {
      trail.last = next;
      return next->series;
    }
  }
  const uint64_t hash = hash_of(raw);
  const Table& table = *state_->table.load(std::memory_order_acquire);
  const Slot tag = tag_bits(hash);
  for (size_t at = position_bits(hash) & table.mask;; at = (at + 1) & table.mask) {
    const Slot slot = table.slots[at].load(std::memory_order_acquire);
    if (slot == 0) return entry::kUnknownSeries;
    if ((slot & ~kAddressMask) != tag) continue;
    const auto* known = reinterpret_cast<const Spelling*>(slot & kAddressMask);
    if (!known->is(raw)) continue;
    trail.last = known;
    return known->series;
  }
}

SeriesOrdinal SeriesDictionary::insert(std::string_view raw,
                                       std::span<const std::pair<model::ColumnId, std::string_view>> tags) {
  const MutexLock lock(mutex_);
  const SeriesOrdinal known = find(raw);
  if (known != entry::kUnknownSeries) return known;
  State& state = *state_;
  const SeriesOrdinal ordinal = state.ordinal_of({tags.begin(), tags.end()});
  const uint64_t hash = hash_of(raw);
  char* memory = state.arena.allocate(sizeof(Spelling) + raw.size(), alignof(Spelling));
  auto* spelling = new (memory) Spelling{ordinal, static_cast<uint32_t>(raw.size()), position_bits(hash)};
  std::memcpy(memory + sizeof(Spelling), raw.data(), raw.size());
  const auto address = reinterpret_cast<Slot>(spelling);
  MAGNETITE_CHECK((address & ~kAddressMask) == 0);
  state.grow_if_full();
  put(*state.tables.back(), address | tag_bits(hash), position_bits(hash));
  if (state.last_spelling != nullptr) state.last_spelling->next.store(spelling, std::memory_order_release);
  state.last_spelling = spelling;
  ++state.spellings;
  state.series_count.store(state.series.size(), std::memory_order_release);
  state.count_bytes();
  return ordinal;
}

size_t SeriesDictionary::size() const { return state_->series_count.load(std::memory_order_acquire); }
size_t SeriesDictionary::bytes() const { return state_->bytes.load(std::memory_order_relaxed); }

std::vector<TagView> SeriesDictionary::tags(SeriesOrdinal series) const {
  const MutexLock lock(mutex_);
  const uint32_t* record = state_->series[series];
  const std::vector<model::ColumnId>& shape = state_->shapes[record[0]];
  std::vector<TagView> tags;
  tags.reserve(shape.size());
  for (size_t i = 0; i < shape.size(); ++i)
    tags.push_back({shape[i], state_->columns.at(shape[i]).values[record[i + 1]]});
  return tags;
}

std::vector<TagCodes> SeriesDictionary::tag_codes(std::span<const SeriesOrdinal> series) const {
  const MutexLock lock(mutex_);
  std::vector<TagCodes> all;
  all.reserve(state_->columns.size());
  for (const auto& [id, column] : state_->columns)
    all.push_back({id, &column.values, std::vector<uint32_t>(series.size(), kNoTag)});
  const auto place_of = [&](model::ColumnId id) {
    return static_cast<size_t>(std::ranges::lower_bound(all, id, {}, &TagCodes::column) - all.begin());
  };
  std::vector<std::vector<size_t>> places;  // by shape
  for (const auto& shape : state_->shapes) {
    places.emplace_back();
    for (const model::ColumnId id : shape) places.back().push_back(place_of(id));
  }
  std::vector<uint8_t> used(all.size());
  for (size_t i = 0; i < series.size(); ++i) {
    const uint32_t* record = state_->series[series[i]];
    const std::vector<size_t>& place = places[record[0]];
    for (size_t tag = 0; tag < place.size(); ++tag) {
      all[place[tag]].codes[i] = record[tag + 1];
      used[place[tag]] = 1;
    }
  }
  std::vector<TagCodes> present;
  for (size_t i = 0; i < all.size(); ++i)
    if (used[i] != 0) present.push_back(std::move(all[i]));
  return present;
}

std::optional<TagExtent> SeriesDictionary::tag_extent(model::ColumnId column) const {
  const MutexLock lock(mutex_);
  const auto it = state_->columns.find(column);
  if (it == state_->columns.end()) return std::nullopt;
  return TagExtent{it->second.series_count, it->second.values.size(), it->second.min, it->second.max};
}

}  // namespace magnetite::chunk
