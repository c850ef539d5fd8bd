// The few searches over bytes that dominate parsing, vectorised (scan.cc) or byte by byte.
#pragma once

#include <cstddef>

namespace magnetite::line_protocol {

// Each returns the index of the first match in [0, size), or `size`.
struct VectorScan {
  static size_t series_stop(const char* data, size_t size);  // space, newline, tab or backslash
  static size_t string_stop(const char* data, size_t size);  // double quote or backslash
  static size_t newline(const char* data, size_t size);
  static size_t high_byte(const char* data, size_t size);    // not ASCII
};

struct ScalarScan {
  template <class Stop>
  static size_t find(const char* data, size_t size, Stop stop) {
    size_t i = 0;
    while (i < size && !stop(data[i])) ++i;
    return i;
  }
  static size_t series_stop(const char* data, size_t size) {
    return find(data, size, [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\\'; });
  }
  static size_t string_stop(const char* data, size_t size) {
    return find(data, size, [](char c) { return c == '"' || c == '\\'; });
  }
  static size_t newline(const char* data, size_t size) {
    return find(data, size, [](char c) { return c == '\n'; });
  }
  static size_t high_byte(const char* data, size_t size) {
    return find(data, size, [](char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; });
  }
};

}  // namespace magnetite::line_protocol
