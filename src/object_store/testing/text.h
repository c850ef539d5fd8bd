// Objects as text, for tests.
#pragma once

#include <string>
#include <string_view>

#include "object_store/object_store.h"

namespace magnetite::object_store::testing {

inline Bytes bytes(std::string_view text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

inline std::string text(const Result<Bytes>& bytes) {
  if (!bytes) return "error: " + bytes.error().describe();
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

}  // namespace magnetite::object_store::testing
