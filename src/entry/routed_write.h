// One body of line protocol on its way: parsed, resolved against schemas, grouped by partition. Routing is pure: it
// reads snapshots and says which columns and series are new; the database makes them real, then sequences the entries.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "entry/partition_key.h"
#include "line_protocol/parser.h"
#include "line_protocol/series_name.h"
#include "model/ids.h"
#include "model/limits.h"
#include "model/time_range.h"
#include "schema/table_schema.h"

namespace magnetite::entry {

// The text and what the parser made of it. `batch.text` refers to `text`: keep them together.
struct ParsedBody {
  std::string text;
  line_protocol::Batch batch;
};

// A series' number in its partition's dictionary.
using SeriesOrdinal = uint32_t;
inline constexpr SeriesOrdinal kUnknownSeries = UINT32_MAX;

// Known spellings of series of one partition; implemented by chunk::SeriesDictionary. Thread-safe.
class SeriesLookup {
 public:
  virtual ~SeriesLookup() = default;
  // `raw` is `measurement,tagset` as written; kUnknownSeries if this spelling was not seen.
  virtual SeriesOrdinal find(std::string_view raw) const = 0;
  // The same for one who looks up many: clients write their series in the same order again and again. The trail is of
  // one lookup and must not outlive it.
  struct Trail {
    const void* last = nullptr;
  };
  virtual SeriesOrdinal find(std::string_view raw, Trail&) const { return find(raw); }
};

// Snapshots that routing reads. Implemented by the database. Thread-safe.
class RouteContext {
 public:
  virtual ~RouteContext() = default;
  virtual std::shared_ptr<const schema::TableSchema> table(std::string_view name) = 0;  // nullptr if new
  virtual std::shared_ptr<const SeriesLookup> series(std::string_view table,
                                                     std::string_view partition_key) = 0;  // or nullptr
  virtual size_t table_count() = 0;
};

struct NewSeries {
  uint32_t position = 0;  // index into PartitionWrite::lines of its first line
  line_protocol::SeriesName name;
};

// Lines of one (table, partition), in body order.
struct PartitionWrite {
  uint32_t table = 0;  // index into RoutedWrite::tables
  std::string partition_key;
  uint32_t sequencer_index = 0;
  model::TimeRange times = model::TimeRange::none();
  std::vector<uint32_t> lines;                 // indices into batch.lines
  std::vector<SeriesOrdinal> series;           // parallel; kUnknownSeries where `new_series` says who it is
  std::shared_ptr<const SeriesLookup> lookup;  // the dictionary `series` refers to; nullptr = none yet
  std::vector<NewSeries> new_series;           // one per distinct spelling missed, ordered by position
};

struct TableWrite {
  std::string name;
  std::shared_ptr<const schema::TableSchema> schema;  // includes `wishes` (provisional until the database agreed)
  std::vector<schema::ColumnWish> wishes;             // columns the table lacks; empty and schema known = nothing new
  bool is_new = false;
};

struct RoutedWrite {
  std::vector<TableWrite> tables;
  std::vector<PartitionWrite> partitions;
  std::vector<model::ColumnId> field_columns;    // parallel to batch.fields (rejected lines' entries are unspecified)
  std::vector<line_protocol::LineError> errors;  // parser's and ours, by line number
  std::vector<bool> limit_errors;                // parallel to errors: a configured limit, not bad input
  uint64_t lines_accepted = 0;
  uint64_t lines_rejected = 0;
  uint64_t fields_accepted = 0;
};

struct RouteOptions {
  model::Limits limits;
  uint32_t sequencer_count = 1;
};

// Checks every accepted line: tags (once per spelling), tag/field/type conflicts, limits; a later duplicate field wins
// (earlier ones get column kTimeColumnId, which appending skips). A rejected line wishes for nothing.
RoutedWrite route(const ParsedBody& body, const PartitionKeyMaker& maker, const RouteOptions& options,
                  RouteContext& context);

inline constexpr size_t kTimestampBytesMax = 22;  // that a payload adds to a line, with space and newline

// The text that goes to the log for these lines (ascending): explicit nanosecond times. The whole body as it is,
// comments included, if every line in it was accepted and says its time in nanoseconds; else one line each, '\n' ended.
struct Payload {
  std::string_view text;  // refers to the body or to `owned`
  std::string owned;
};
void make_payload(const ParsedBody& body, std::span<const uint32_t> lines, Payload& out);

}  // namespace magnetite::entry
