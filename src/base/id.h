// Numbers that must not be mixed up: a SequenceNumber cannot be passed as a ChunkId.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace magnetite {

template <class Tag, class Number = uint64_t>
struct Id {
  using number_type = Number;
  Number value = 0;
  auto operator<=>(const Id&) const = default;
};

}  // namespace magnetite

template <class Tag, class Number>
struct std::hash<magnetite::Id<Tag, Number>> {
  size_t operator()(const magnetite::Id<Tag, Number>& id) const noexcept { return std::hash<Number>{}(id.value); }
};
