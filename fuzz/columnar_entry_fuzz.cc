// A FlatBuffers entry from any bytes: it is refused with a reason, or becomes lines that the parser takes, one for each
// row.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "columnar_write/entry_reader.h"
#include "columnar_write/lines.h"
#include "line_protocol/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace magnetite;
  const auto entry = columnar_write::Entry::read({reinterpret_cast<const char*>(data), size});
  if (!entry) {
    MAGNETITE_CHECK(entry.error().code() == ErrorCode::kInvalidInput);
    return 0;
  }
  const auto lines = columnar_write::to_lines(entry->batches(), {.text_bytes_max = 1 << 20, .cells_max = 1 << 20});
  if (!lines) {
    MAGNETITE_CHECK(lines.error().code() == ErrorCode::kInvalidInput || lines.error().code() == ErrorCode::kTooLarge);
    return 0;
  }
  line_protocol::Batch parsed;
  line_protocol::parse(lines->text(), {}, parsed);
  MAGNETITE_CHECK(parsed.errors_total == 0);
  MAGNETITE_CHECK(parsed.lines.size() == lines->rows());
  return 0;
}
