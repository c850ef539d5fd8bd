#include "line_protocol/scan.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "line_protocol/scan.cc"
#include <hwy/foreach_target.h>  // compiles this file once per target

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace magnetite::line_protocol {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Bytes = hn::ScalableTag<uint8_t>;

// Runs `match` (vector -> mask) over the data; the tail goes through a zero-padded copy, so `match` must refuse 0.
template <class Match>
size_t find(const char* data, size_t size, const Match& match) {
  const Bytes d;
  const size_t lanes = hn::Lanes(d);
  const auto* bytes = reinterpret_cast<const uint8_t*>(data);
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const intptr_t found = hn::FindFirstTrue(d, match(hn::LoadU(d, bytes + i)));
    if (found >= 0) return i + static_cast<size_t>(found);
  }
  if (i < size) {
    const intptr_t found = hn::FindFirstTrue(d, match(hn::LoadN(d, bytes + i, size - i)));
    if (found >= 0) return i + static_cast<size_t>(found);
  }
  return size;
}

size_t series_stop(const char* data, size_t size) {
  const Bytes d;
  const auto space = hn::Set(d, ' ');
  const auto newline = hn::Set(d, '\n');
  const auto tab = hn::Set(d, '\t');
  const auto backslash = hn::Set(d, '\\');
  return find(data, size, [&](auto v) {
    return hn::Or(hn::Or(hn::Eq(v, space), hn::Eq(v, newline)), hn::Or(hn::Eq(v, tab), hn::Eq(v, backslash)));
  });
}

size_t string_stop(const char* data, size_t size) {
  const Bytes d;
  const auto quote = hn::Set(d, '"');
  const auto backslash = hn::Set(d, '\\');
  return find(data, size, [&](auto v) { return hn::Or(hn::Eq(v, quote), hn::Eq(v, backslash)); });
}

size_t newline(const char* data, size_t size) {
  const Bytes d;
  const auto wanted = hn::Set(d, '\n');
  return find(data, size, [&](auto v) { return hn::Eq(v, wanted); });
}

size_t high_byte(const char* data, size_t size) {
  const Bytes d;
  const auto limit = hn::Set(d, 0x7F);
  return find(data, size, [&](auto v) { return hn::Gt(v, limit); });
}

}  // namespace HWY_NAMESPACE
}  // namespace magnetite::line_protocol
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace magnetite::line_protocol {

HWY_EXPORT(series_stop);
HWY_EXPORT(string_stop);
HWY_EXPORT(newline);
HWY_EXPORT(high_byte);

size_t VectorScan::series_stop(const char* data, size_t size) { return HWY_DYNAMIC_DISPATCH(series_stop)(data, size); }
size_t VectorScan::string_stop(const char* data, size_t size) { return HWY_DYNAMIC_DISPATCH(string_stop)(data, size); }
size_t VectorScan::newline(const char* data, size_t size) { return HWY_DYNAMIC_DISPATCH(newline)(data, size); }
size_t VectorScan::high_byte(const char* data, size_t size) { return HWY_DYNAMIC_DISPATCH(high_byte)(data, size); }

}  // namespace magnetite::line_protocol
#endif
