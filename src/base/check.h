// Invariants of our own code, asserted in release too; never used for bytes from disk or network.
#pragma once

#include <string_view>

namespace magnetite {
[[noreturn]] void check_failed(const char* file, int line, const char* expression, std::string_view detail = {});
}  // namespace magnetite

#define MAGNETITE_CHECK(condition)                               \
  do {                                                           \
    if (!(condition)) [[unlikely]]                               \
      ::magnetite::check_failed(__FILE__, __LINE__, #condition); \
  } while (false)
#define MAGNETITE_CHECK_MSG(condition, detail)                             \
  do {                                                                     \
    if (!(condition)) [[unlikely]]                                         \
      ::magnetite::check_failed(__FILE__, __LINE__, #condition, (detail)); \
  } while (false)
