// A growing list whose elements never move: segments that double. One writer; elements may be read without a lock by
// anyone who learnt of their index in a synchronised way.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace magnetite::chunk {

template <class T>
class StableList {
 public:
  const T& operator[](uint32_t index) const {
    const Place place = locate(index);
    return segments_[place.segment][place.offset];
  }

  // Returns its index.
  uint32_t push_back(T value) {
    const Place place = locate(size_);
    if (segments_[place.segment] == nullptr)
      segments_[place.segment] = std::make_unique_for_overwrite<T[]>(kFirst << place.segment);
    segments_[place.segment][place.offset] = value;
    return size_++;
  }

  uint32_t size() const { return size_; }
  size_t bytes() const { return size_ == 0 ? 0 : sizeof(T) * ((kFirst << (locate(size_ - 1).segment + 1)) - kFirst); }

 private:
  static constexpr size_t kFirst = 8;
  struct Place {
    size_t segment;
    size_t offset;
  };
  static Place locate(uint32_t index) {
    const size_t shifted = index + kFirst;
    const size_t segment = static_cast<size_t>(std::bit_width(shifted)) - std::bit_width(kFirst);
    return {segment, shifted - (kFirst << segment)};
  }

  std::array<std::unique_ptr<T[]>, 30> segments_;
  uint32_t size_ = 0;
};

}  // namespace magnetite::chunk
