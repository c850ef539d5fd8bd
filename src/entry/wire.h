// An entry as a log keeps it: headers (small, named as Kafka headers are) and a payload of line protocol.
// Format: docs/formats/entry.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "line_protocol/parser.h"
#include "model/column_type.h"
#include "model/ids.h"

namespace magnetite::entry {

// Columns that this entry's stream meets for the first time, with the ids they have for ever (L5).
struct Declaration {
  std::string table;
  model::ColumnId id;
  std::string column;
  model::ColumnType type;
  bool operator==(const Declaration&) const = default;
};

struct EntryHeaders {
  std::string database;  // name, for people
  model::Uuid database_uuid;
  model::Uuid writer;  // which process wrote it
  std::vector<Declaration> declarations;
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::string_view kContentType = "text/vnd.influx.lineprotocol; precision=ns";

HeaderList encode(const EntryHeaders& headers);
// kCorruption for what is not ours; unknown header names are ignored.
Result<EntryHeaders> decode(const HeaderList& headers);

// For records that anybody may have written: line protocol, of the precision that the content type names
// (nanoseconds where it names none, or where there is no content type). kCorruption for other types of content.
Result<line_protocol::Precision> precision_of(const HeaderList& headers);

}  // namespace magnetite::entry
