// Headers of a log record from any bytes: decoding never fails but with kCorruption, and what it accepts survives a
// round trip. Input: header values, separated by a zero byte.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "entry/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace magnetite;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  entry::HeaderList list;
  for (const char* name :
       {"declarations", "database", "database-uuid", "writer", "magnetite-version", "content-type"}) {
    if (rest.empty()) break;
    const size_t end = rest.find('\0');
    list.emplace_back(name, rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  // Most inputs shall reach the declarations.
  if (list.size() < 5) {
    list.resize(1);
    constexpr const char* kNone = "00000000-0000-0000-0000-000000000000";
    list.insert(list.end(), {{"magnetite-version", "1"}, {"database-uuid", kNone}, {"writer", kNone}});
  }
  const auto decoded = entry::decode(list);
  if (!decoded) {
    MAGNETITE_CHECK(decoded.error().code() == ErrorCode::kCorruption);
    return 0;
  }
  const auto again = entry::decode(entry::encode(*decoded));
  MAGNETITE_CHECK(again.has_value());
  MAGNETITE_CHECK(again->declarations == decoded->declarations);
  MAGNETITE_CHECK(again->database == decoded->database && again->database_uuid == decoded->database_uuid &&
                  again->writer == decoded->writer);
  return 0;
}
