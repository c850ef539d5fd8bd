#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "entry/routed_write.h"

namespace magnetite::entry {

using line_protocol::Batch;
using line_protocol::Line;

void make_payload(const ParsedBody& body, std::span<const uint32_t> lines, Payload& out) {
  const Batch& batch = body.batch;
  out.owned.clear();
  if (lines.size() == batch.lines.size() && batch.errors_total == 0 &&
      std::ranges::all_of(batch.lines, &Line::timestamp_is_nanos)) {
    out.text = body.text;
    return;
  }
  size_t bytes = 0;
  for (const uint32_t index : lines) bytes += batch.lines[index].text.length + kTimestampBytesMax;
  out.owned.reserve(bytes);
  for (const uint32_t index : lines) {
    const Line& line = batch.lines[index];
    const uint32_t start = line.series.offset;
    if (line.timestamp_is_nanos) {
      out.owned.append(body.text, start, line.text.offset + line.text.length - start);
      out.owned += '\n';
    } else {
      out.owned.append(body.text, start, line.fields_end - start);
      fmt::format_to(std::back_inserter(out.owned), " {}\n", line.timestamp);
    }
  }
  out.text = out.owned;
}

}  // namespace magnetite::entry
