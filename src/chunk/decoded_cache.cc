#include "chunk/decoded_cache.h"

#include <list>
#include <map>
#include <tuple>
#include <utility>

namespace magnetite::chunk {

struct DecodedCache::State {
  using Key = std::tuple<uint64_t, uint32_t, uint32_t>;  // image, row group, column
  struct Entry {
    Key key;
    std::shared_ptr<const DecodedColumn> column;
  };

  std::list<Entry> by_use;  // last used first
  std::map<Key, std::list<Entry>::iterator> by_key;
  CacheStatistics statistics;
  uint64_t next_image = 1;

  void drop(std::map<Key, std::list<Entry>::iterator>::iterator at) {
    statistics.bytes -= at->second->column->bytes;
    by_use.erase(at->second);
    by_key.erase(at);
  }
};

DecodedCache::DecodedCache(size_t bytes_max) : state_(std::make_unique<State>()) {
  state_->statistics.bytes_max = bytes_max;
}

DecodedCache::~DecodedCache() = default;

uint64_t DecodedCache::new_image_key() {
  const MutexLock lock(mutex_);
  return state_->next_image++;
}

Result<std::shared_ptr<const DecodedColumn>> DecodedCache::get(uint64_t image, uint32_t row_group, uint32_t column,
                                                               const Decode& decode) {
  const State::Key key{image, row_group, column};
  {
    const MutexLock lock(mutex_);
    if (const auto it = state_->by_key.find(key); it != state_->by_key.end()) {
      ++state_->statistics.hits;
      state_->by_use.splice(state_->by_use.begin(), state_->by_use, it->second);
      return it->second->column;
    }
    ++state_->statistics.misses;
  }
  MAGNETITE_TRY(std::shared_ptr<const DecodedColumn> decoded, decode());
  std::vector<std::shared_ptr<const DecodedColumn>> evicted;  // freed after the lock is gone
  const MutexLock lock(mutex_);
  if (const auto it = state_->by_key.find(key); it != state_->by_key.end()) return it->second->column;
  CacheStatistics& statistics = state_->statistics;
  if (decoded->bytes > statistics.bytes_max) return decoded;
  while (statistics.bytes + decoded->bytes > statistics.bytes_max) {
    evicted.push_back(state_->by_use.back().column);
    state_->drop(state_->by_key.find(state_->by_use.back().key));
  }
  state_->by_use.push_front({key, decoded});
  state_->by_key.emplace(key, state_->by_use.begin());
  statistics.bytes += decoded->bytes;
  return decoded;
}

std::shared_ptr<const DecodedColumn> DecodedCache::peek(uint64_t image, uint32_t row_group, uint32_t column) const {
  const MutexLock lock(mutex_);
  const auto it = state_->by_key.find({image, row_group, column});
  return it == state_->by_key.end() ? nullptr : it->second->column;
}

void DecodedCache::forget(uint64_t image) {
  std::vector<std::shared_ptr<const DecodedColumn>> dropped;
  const MutexLock lock(mutex_);
  for (auto it = state_->by_key.lower_bound({image, 0, 0});
       it != state_->by_key.end() && std::get<0>(it->first) == image;) {
    dropped.push_back(it->second->column);
    state_->drop(it++);
  }
}

CacheStatistics DecodedCache::statistics() const {
  const MutexLock lock(mutex_);
  return state_->statistics;
}

}  // namespace magnetite::chunk
