#include "line_protocol/parser.h"

#include "base/check.h"
#include "line_protocol/plain_lines.h"
#include "line_protocol/reference.h"

namespace magnetite::line_protocol {
namespace {

void start(std::string_view text, Batch& batch) {
  MAGNETITE_CHECK(text.size() < UINT32_MAX);
  batch.clear();
  batch.text = text;
}

}  // namespace

void parse(std::string_view text, const ParseOptions& options, Batch& batch) {
  start(text, batch);
  Cursor cursor;
  Reference reference(text, options, cursor, batch);
  do take_plain_lines(text, options, cursor, batch);
  while (reference.next());
}

void parse_scalar(std::string_view text, const ParseOptions& options, Batch& batch) {
  start(text, batch);
  Cursor cursor;
  Reference reference(text, options, cursor, batch);
  while (reference.next()) {
  }
}

void append_unescaped(std::string_view raw, Escapes escapes, std::string& out) {
  const std::string_view special = escapes == Escapes::kMeasurement ? ", \\"
                                   : escapes == Escapes::kKey       ? ",= \\"
                                                                    : "\"\\";
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\\' && i + 1 < raw.size() && special.contains(raw[i + 1])) ++i;
    out += raw[i];
  }
}

}  // namespace magnetite::line_protocol
