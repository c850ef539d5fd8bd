#include "entry/split.h"

#include <algorithm>

namespace magnetite::entry {
namespace {

// Lines [first, last) of `write`. A series that is new in an earlier slice is looked up when this one is applied.
PartitionWrite slice(const ParsedBody& body, const PartitionWrite& write, size_t first, size_t last) {
  PartitionWrite part;
  part.table = write.table;
  part.partition_key = write.partition_key;
  part.sequencer_index = write.sequencer_index;
  part.lookup = write.lookup;
  part.lines.assign(write.lines.begin() + static_cast<ptrdiff_t>(first),
                    write.lines.begin() + static_cast<ptrdiff_t>(last));
  part.series.assign(write.series.begin() + static_cast<ptrdiff_t>(first),
                     write.series.begin() + static_cast<ptrdiff_t>(last));
  for (const uint32_t line : part.lines) part.times.include(body.batch.lines[line].timestamp);
  for (const NewSeries& added : write.new_series)
    if (added.position >= first && added.position < last)
      part.new_series.push_back({added.position - static_cast<uint32_t>(first), added.name});
  return part;
}

}  // namespace

std::vector<std::vector<PartitionWrite>> split_writes(const ParsedBody& body,
                                                      std::span<const PartitionWrite* const> writes,
                                                      size_t payload_bytes_max) {
  std::vector<std::vector<PartitionWrite>> entries;
  size_t bytes = 0;
  for (const PartitionWrite* write : writes) {
    size_t first = 0;
    for (size_t i = 0; i < write->lines.size(); ++i) {
      const size_t line_bytes = body.batch.lines[write->lines[i]].text.length + kTimestampBytesMax;
      if (bytes + line_bytes > payload_bytes_max && bytes > 0) {
        if (i > first) entries.back().push_back(slice(body, *write, first, i));
        first = i;
        bytes = 0;
      }
      if (bytes == 0) entries.emplace_back();
      bytes += line_bytes;
    }
    if (first < write->lines.size()) entries.back().push_back(slice(body, *write, first, write->lines.size()));
  }
  return entries;
}

}  // namespace magnetite::entry
