// The partition a row belongs to: template parts joined with '-'. Reads the table, the time and tags, never fields, so
// that all rows of one identity share one partition.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "line_protocol/series_name.h"
#include "model/database_rules.h"

namespace magnetite::entry {

// Compiled template. Const methods are thread-safe.
class PartitionKeyMaker {
 public:
  // kInvalidInput: a bad regular expression or strftime format, with the part's path.
  static Result<PartitionKeyMaker> make(const model::PartitionTemplate& parts);
  PartitionKeyMaker(PartitionKeyMaker&&) noexcept;
  PartitionKeyMaker& operator=(PartitionKeyMaker&&) noexcept;
  ~PartitionKeyMaker();

  // False: the key depends on the table and time_bucket(time) only.
  bool reads_tags() const;
  // The tag columns it reads; a field of such a name makes a line invalid.
  const std::vector<std::string>& tag_columns() const;

  // Times in one bucket give the same key (the finest unit its formats print).
  int64_t time_bucket(int64_t time_nanos) const;

  // `name` is read only when reads_tags(); a missing tag gives an empty text, the joiner remains.
  std::string key(std::string_view table, int64_t time_nanos, const line_protocol::SeriesName* name) const;

 private:
  struct Parts;
  explicit PartitionKeyMaker(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// L2: one (table, partition) writes to one sequencer. Stable across versions: XXH3 of table, 0xFF, key.
uint32_t sequencer_index(std::string_view table, std::string_view partition_key, uint32_t sequencer_count);

}  // namespace magnetite::entry
