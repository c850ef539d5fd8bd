#include "database/found_file.h"

#include <fmt/format.h>

#include "database/chunk_files.h"
#include "persistence/checkpoint_codec.h"

namespace magnetite::database {

Result<catalog::FoundFile> read_found_file(object_store::ObjectStore& store, const object_store::ObjectPath& object,
                                           model::Uuid uuid) {
  MAGNETITE_TRY(const std::shared_ptr<const chunk::ImageSource> source, open_object(store, object));
  MAGNETITE_TRY(const chunk::ImageOutline outline, chunk::read_outline(*source));
  const chunk::ImageFooterFacts& facts = outline.facts;
  if (facts.identity.database_uuid != uuid)
    return fail(ErrorCode::kCorruption,
                fmt::format("{} belongs to database {}", object.text(), facts.identity.database_uuid.text()));

  catalog::FoundFile found;
  found.add.table = facts.table;
  found.add.partition_key = facts.identity.partition_key;
  found.add.file.chunk = facts.identity.chunk;
  found.add.file.order = facts.identity.order;
  found.add.file.row_count = facts.rows;
  found.add.file.size_bytes = source->size();
  found.add.file.times = facts.times;
  found.add.file.checksum = outline.checksum;
  for (const schema::Column& column : outline.columns)
    if (column.id != schema::kTimeColumnId) found.columns.push_back({column.id, column.name, column.type});
  found.sort_key = facts.sort_key.tags;
  if (!facts.closing.partition_checkpoint.empty()) {
    MAGNETITE_TRY(found.partition_checkpoint,
                  persistence::decode_partition_checkpoint(facts.closing.partition_checkpoint, facts.table,
                                                           facts.identity.partition_key));
  }
  if (!facts.closing.database_checkpoint.empty()) {
    MAGNETITE_TRY(found.database_checkpoint,
                  persistence::decode_database_checkpoint(facts.closing.database_checkpoint));
  }
  return found;
}

}  // namespace magnetite::database
