#include "chunk/stored_image.h"

#include <list>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chunk/image_parts.h"

namespace magnetite::chunk {

struct FooterCache::State {
  struct Entry {
    uint64_t key;
    Image image;
    size_t bytes;
  };
  std::list<Entry> by_use;  // last used first
  std::unordered_map<uint64_t, std::list<Entry>::iterator> by_key;
  CacheStatistics statistics;
  uint64_t next_key = 1;

  Image drop(std::list<Entry>::iterator entry) {
    Image image = std::move(entry->image);
    statistics.bytes -= entry->bytes;
    by_key.erase(entry->key);
    by_use.erase(entry);
    return image;
  }
};

FooterCache::FooterCache(size_t bytes_max) : state_(std::make_unique<State>()) {
  state_->statistics.bytes_max = bytes_max;
}
FooterCache::~FooterCache() = default;

CacheStatistics FooterCache::statistics() const {
  const MutexLock lock(mutex_);
  return state_->statistics;
}

uint64_t FooterCache::new_key() {
  const MutexLock lock(mutex_);
  return state_->next_key++;
}

FooterCache::Image FooterCache::find(uint64_t key) {
  const MutexLock lock(mutex_);
  const auto it = state_->by_key.find(key);
  if (it == state_->by_key.end()) {
    ++state_->statistics.misses;
    return nullptr;
  }
  ++state_->statistics.hits;
  state_->by_use.splice(state_->by_use.begin(), state_->by_use, it->second);
  return it->second->image;
}

void FooterCache::keep(uint64_t key, Image image) {
  const size_t bytes = image->memory_bytes();
  std::vector<Image> dropped;  // freed after the lock is gone
  const MutexLock lock(mutex_);
  CacheStatistics& statistics = state_->statistics;
  if (state_->by_key.contains(key) || bytes > statistics.bytes_max) return;
  while (statistics.bytes + bytes > statistics.bytes_max)
    dropped.push_back(state_->drop(std::prev(state_->by_use.end())));
  state_->by_use.push_front({key, std::move(image), bytes});
  state_->by_key.emplace(key, state_->by_use.begin());
  statistics.bytes += bytes;
}

void FooterCache::forget(uint64_t key) {
  Image dropped;
  const MutexLock lock(mutex_);
  if (const auto it = state_->by_key.find(key); it != state_->by_key.end()) dropped = state_->drop(it->second);
}

StoredImage::StoredImage(std::shared_ptr<const ImageSource> source, std::shared_ptr<FooterCache> footers,
                         std::shared_ptr<DecodedCache> cache)
    : StoredImage(std::move(source), std::move(footers), std::make_shared<const CacheSlot>(std::move(cache))) {}

StoredImage::StoredImage(std::shared_ptr<const ImageSource> source, std::shared_ptr<FooterCache> footers,
                         std::shared_ptr<const CacheSlot> slot)
    : source_(std::move(source)), footers_(std::move(footers)), slot_(std::move(slot)), key_(footers_->new_key()) {}

StoredImage::~StoredImage() { footers_->forget(key_); }

Result<std::unique_ptr<StoredImage>> StoredImage::of(const Image& image, std::shared_ptr<const ImageSource> source,
                                                     std::shared_ptr<FooterCache> footers) {
  MAGNETITE_TRY(std::shared_ptr<const Image> elsewhere, image.with_source(source));
  std::unique_ptr<StoredImage> stored(new StoredImage(std::move(source), std::move(footers), image.parts().slot));
  stored->footers_->keep(stored->key_, std::move(elsewhere));
  return stored;
}

Result<std::shared_ptr<const Image>> StoredImage::image() const {
  if (std::shared_ptr<const Image> known = footers_->find(key_)) return known;
  MAGNETITE_TRY(std::shared_ptr<const Image> opened, open_image(source_, slot_));
  footers_->keep(key_, opened);
  return opened;
}

}  // namespace magnetite::chunk
