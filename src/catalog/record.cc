#include "catalog/record.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "catalog/byte_codec.h"
#include "persistence/checkpoint_codec.h"

namespace magnetite::catalog {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are stored little-endian");

constexpr uint64_t kMagic = 0x474C54414347414D;  // "MAGCATLG"
constexpr uint32_t kVersion = 1;
constexpr size_t kHeaderBytes = 8 + 4 + 4 + 8 + 8 + 4 * 16;
constexpr size_t kChecksumBytes = 8;

enum class Tag : uint8_t {
  kAddFile = 1,
  kRemoveFile = 2,
  kAdvancePartition = 3,
  kStartLog = 4,
  kAddColumns = 5,
  kSetSortKey = 6,
};

constexpr std::pair<model::ColumnType, char> kColumnTypes[] = {
    {model::ColumnType::kTag, 't'},      {model::ColumnType::kFloat, 'f'},  {model::ColumnType::kInteger, 'i'},
    {model::ColumnType::kUnsigned, 'u'}, {model::ColumnType::kString, 's'}, {model::ColumnType::kBoolean, 'b'},
};

void put_tag(ByteWriter& out, Tag tag) { out.number(static_cast<uint64_t>(tag)); }

void put(ByteWriter& out, const FileEntry& file, std::string_view previous_path) {
  const auto differ = std::ranges::mismatch(file.path, previous_path);
  const auto shared = static_cast<size_t>(differ.in1 - file.path.begin());
  out.number(shared);
  out.text(std::string_view(file.path).substr(shared));
  out.number(file.chunk.value);
  out.number(file.order.value);
  out.number(file.row_count);
  out.number(file.size_bytes);
  out.signed_number(file.times.min);
  out.number(static_cast<uint64_t>(file.times.max) - static_cast<uint64_t>(file.times.min));
  out.fixed64(file.checksum);
  out.text(file.first_series);
  out.text(file.last_series);
}
FileEntry get_file(ByteReader& in, std::string_view previous_path) {
  FileEntry file;
  const uint64_t shared = in.number();
  const std::string_view rest = in.text();
  if (shared > previous_path.size())
    in.breach();
  else
    file.path.reserve(shared + rest.size());
  file.path.append(previous_path.substr(0, in.ok() ? shared : 0)).append(rest);
  file.chunk = {in.number32()};
  file.order = {in.number()};
  file.row_count = in.number();
  file.size_bytes = in.number();
  file.times.min = in.signed_number();
  file.times.max = static_cast<int64_t>(static_cast<uint64_t>(file.times.min) + in.number());
  file.checksum = in.fixed64();
  file.first_series = in.text();
  file.last_series = in.text();
  if (file.path.empty() || file.times.empty()) in.breach();
  return file;
}

void put(ByteWriter& out, const std::vector<Column>& columns) {
  out.number(columns.size());
  for (const Column& column : columns) {
    const auto* type = std::ranges::find(kColumnTypes, column.type, [](const auto& pair) { return pair.first; });
    MAGNETITE_CHECK(type != std::end(kColumnTypes));
    out.number(column.id.value);
    out.text(column.name);
    out.number(static_cast<uint64_t>(type->second));
  }
}
std::vector<Column> get_columns(ByteReader& in) {
  std::vector<Column> columns(in.count(3));
  for (Column& column : columns) {
    column.id = {in.number32()};
    column.name = in.text();
    const uint64_t letter = in.number();
    const auto* type =
        std::ranges::find(kColumnTypes, letter, [](const auto& pair) { return static_cast<uint64_t>(pair.second); });
    if (type == std::end(kColumnTypes))
      in.breach();
    else
      column.type = type->first;
  }
  return columns;
}

void put(ByteWriter& out, const std::vector<model::ColumnId>& ids) {
  out.number(ids.size());
  for (const model::ColumnId id : ids) out.number(id.value);
}
std::vector<model::ColumnId> get_ids(ByteReader& in) {
  std::vector<model::ColumnId> ids(in.count(1));
  for (model::ColumnId& id : ids) id = {in.number32()};
  return ids;
}

std::optional<persistence::PartitionCheckpoint> get_partition_checkpoint(ByteReader& in, std::string_view table,
                                                                         std::string_view key) {
  auto decoded = persistence::decode_partition_checkpoint(in.text(), std::string(table), std::string(key));
  if (decoded) return *std::move(decoded);
  in.breach();
  return std::nullopt;
}
persistence::DatabaseCheckpoint get_database_checkpoint(ByteReader& in) {
  auto decoded = persistence::decode_database_checkpoint(in.text());
  if (decoded) return *std::move(decoded);
  in.breach();
  return {};
}

void put(ByteWriter& out, const AddFile& action) {
  put_tag(out, Tag::kAddFile);
  out.text(action.table);
  out.text(action.partition_key);
  put(out, action.file, {});
}
void put(ByteWriter& out, const RemoveFile& action) {
  put_tag(out, Tag::kRemoveFile);
  out.text(action.table);
  out.text(action.partition_key);
  out.text(action.path);
}
void put(ByteWriter& out, const AdvancePartition& action) {
  put_tag(out, Tag::kAdvancePartition);
  out.text(action.checkpoint.table);
  out.text(action.checkpoint.partition_key);
  out.text(persistence::encode(action.checkpoint));
}
void put(ByteWriter& out, const StartLog& action) {
  put_tag(out, Tag::kStartLog);
  out.uuid(action.log_id);
  out.number(action.sequencers);
}
void put(ByteWriter& out, const AddColumns& action) {
  put_tag(out, Tag::kAddColumns);
  out.text(action.table);
  put(out, action.columns);
}
void put(ByteWriter& out, const SetSortKey& action) {
  put_tag(out, Tag::kSetSortKey);
  out.text(action.table);
  put(out, action.tags);
}

Action get_action(ByteReader& in) {
  const uint64_t tag = in.number();
  switch (static_cast<Tag>(std::min<uint64_t>(tag, UINT8_MAX))) {
    case Tag::kAddFile: {
      AddFile action{std::string(in.text()), std::string(in.text()), {}};
      action.file = get_file(in, {});
      return action;
    }
    case Tag::kRemoveFile:
      return RemoveFile{std::string(in.text()), std::string(in.text()), std::string(in.text())};
    case Tag::kAdvancePartition: {
      const std::string_view table = in.text();
      const std::string_view key = in.text();
      auto checkpoint = get_partition_checkpoint(in, table, key);
      return AdvancePartition{checkpoint ? *std::move(checkpoint) : persistence::PartitionCheckpoint{}};
    }
    case Tag::kStartLog: {
      const model::Uuid log_id = in.uuid();
      return StartLog{log_id, in.number32()};
    }
    case Tag::kAddColumns: {
      AddColumns action{std::string(in.text()), {}};
      action.columns = get_columns(in);
      return action;
    }
    case Tag::kSetSortKey: {
      SetSortKey action{std::string(in.text()), {}};
      action.tags = get_ids(in);
      return action;
    }
  }
  in.breach();
  return StartLog{};
}

void put(ByteWriter& out, const RecordHeader& header) {
  out.fixed64(kMagic);
  out.fixed32(kVersion);
  out.fixed32(static_cast<uint32_t>(header.kind));
  out.fixed64(header.revision);
  out.fixed64(static_cast<uint64_t>(header.written_at.nanos));
  for (const model::Uuid& uuid : {header.database, header.writer, header.transaction, header.previous}) out.uuid(uuid);
}

std::vector<std::byte> seal(ByteWriter out) {
  out.fixed64(XXH3_64bits(out.view().data(), out.size()));
  return std::move(out).take();
}

std::unexpected<Error> damaged(std::string_view what) { return fail(ErrorCode::kCorruption, std::string(what)); }

Result<ByteReader> body_of(std::span<const std::byte> bytes, RecordKind kind) {
  MAGNETITE_TRY(const RecordHeader header, decode_header(bytes));
  if (header.kind != kind) return damaged("the object is a catalog record of the other kind");
  return ByteReader(bytes.subspan(kHeaderBytes, bytes.size() - kHeaderBytes - kChecksumBytes));
}

void put(ByteWriter& out, const Partition& partition) {
  out.text(partition.key);
  out.number(partition.chunk_max.value);
  out.number(partition.order_max.value);
  out.text(partition.checkpoint ? persistence::encode(*partition.checkpoint) : std::string());
  out.number(partition.files.size());
  std::string_view previous_path;
  for (const FilePointer& file : partition.files) {
    put(out, *file, previous_path);
    previous_path = file->path;
  }
}

std::shared_ptr<const Partition> get_partition(ByteReader& in, const std::string& table) {
  auto partition = std::make_shared<Partition>();
  partition->key = in.text();
  partition->chunk_max = {in.number32()};
  partition->order_max = {in.number()};
  const std::string_view checkpoint = in.text();
  if (!checkpoint.empty()) {
    auto decoded = persistence::decode_partition_checkpoint(checkpoint, table, partition->key);
    if (decoded)
      partition->checkpoint = *std::move(decoded);
    else
      in.breach();
  }
  partition->files.resize(in.count(18));
  std::string_view previous_path;
  for (FilePointer& file : partition->files) {
    file = std::make_shared<const FileEntry>(get_file(in, previous_path));
    previous_path = file->path;
    if (!in.ok()) break;
  }
  return partition;
}

void put(ByteWriter& out, const Table& table) {
  out.text(table.name);
  put(out, table.columns);
  out.number(table.sort_key ? 1 : 0);
  if (table.sort_key) put(out, *table.sort_key);
  out.number(table.partitions.size());
  for (const auto& partition : table.partitions) put(out, *partition);
}

std::shared_ptr<const Table> get_table(ByteReader& in) {
  auto table = std::make_shared<Table>();
  table->name = in.text();
  table->columns = get_columns(in);
  const uint64_t has_sort_key = in.number();
  if (has_sort_key > 1) in.breach();
  if (has_sort_key == 1) table->sort_key = get_ids(in);
  table->partitions.resize(in.count(5));
  const std::string* previous = nullptr;
  for (auto& partition : table->partitions) {
    partition = get_partition(in, table->name);
    if (previous && partition->key <= *previous) in.breach();
    if (!in.ok()) break;
    previous = &partition->key;
  }
  return table;
}

}  // namespace

std::vector<std::byte> encode(const RecordHeader& header, const Transaction& transaction) {
  ByteWriter out;
  put(out, header);
  out.number(transaction.actions.size());
  for (const Action& action : transaction.actions) std::visit([&](const auto& each) { put(out, each); }, action);
  out.number(transaction.checkpoint ? 1 : 0);
  if (transaction.checkpoint) out.text(persistence::encode(*transaction.checkpoint));
  return seal(std::move(out));
}

std::vector<std::byte> encode(const RecordHeader& header, const State& state) {
  ByteWriter out;
  RecordHeader own = header;
  own.kind = RecordKind::kCheckpoint;
  own.revision = state.revision;
  own.database = state.database;
  own.transaction = state.transaction;
  put(out, own);
  out.number(state.log ? 1 : 0);
  if (state.log) {
    out.uuid(state.log->log_id);
    out.number(state.log->sequencers);
    out.text(persistence::encode(state.checkpoint));
  }
  out.number(state.tables.size());
  for (const auto& table : state.tables) put(out, *table);
  return seal(std::move(out));
}

Result<RecordHeader> decode_header(std::span<const std::byte> bytes) {
  if (bytes.size() < kHeaderBytes + kChecksumBytes) return damaged("the object is shorter than any catalog record");
  const auto content = bytes.first(bytes.size() - kChecksumBytes);
  ByteReader in(content);
  if (in.fixed64() != kMagic) return damaged("the object is no catalog record");
  if (ByteReader(bytes.last(kChecksumBytes)).fixed64() != XXH3_64bits(content.data(), content.size()))
    return damaged("the checksum is wrong");
  if (const uint32_t version = in.fixed32(); version != kVersion)
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("the record has format version {}, this program reads version {} only", version, kVersion));
  const uint32_t kind = in.fixed32();
  if (kind != static_cast<uint32_t>(RecordKind::kTransaction) && kind != static_cast<uint32_t>(RecordKind::kCheckpoint))
    return damaged(fmt::format("{} is no kind of catalog record", kind));
  RecordHeader header;
  header.kind = static_cast<RecordKind>(kind);
  header.revision = in.fixed64();
  header.written_at.nanos = static_cast<int64_t>(in.fixed64());
  for (model::Uuid* uuid : {&header.database, &header.writer, &header.transaction, &header.previous}) *uuid = in.uuid();
  return header;
}

Result<Transaction> decode_transaction(std::span<const std::byte> bytes) {
  MAGNETITE_TRY(ByteReader in, body_of(bytes, RecordKind::kTransaction));
  Transaction transaction;
  const size_t actions = in.count(2);
  for (size_t i = 0; i < actions && in.ok(); ++i) transaction.actions.push_back(get_action(in));
  const uint64_t has_checkpoint = in.number();
  if (has_checkpoint > 1) in.breach();
  if (has_checkpoint == 1) transaction.checkpoint = get_database_checkpoint(in);
  if (!in.done()) return damaged("the transaction's content cannot be read");
  return transaction;
}

Result<std::shared_ptr<const State>> decode_checkpoint(std::span<const std::byte> bytes) {
  MAGNETITE_TRY(const RecordHeader header, decode_header(bytes));
  MAGNETITE_TRY(ByteReader in, body_of(bytes, RecordKind::kCheckpoint));
  auto state = std::make_shared<State>();
  state->database = header.database;
  state->revision = header.revision;
  state->transaction = header.transaction;
  const uint64_t has_log = in.number();
  if (has_log > 1) in.breach();
  if (has_log == 1) {
    const model::Uuid log_id = in.uuid();
    state->log = StartLog{log_id, in.number32()};
    state->checkpoint = get_database_checkpoint(in);
    if (state->checkpoint.log_id != log_id) in.breach();
  }
  const size_t tables = in.count(4);
  for (size_t i = 0; i < tables && in.ok(); ++i) {
    auto table = get_table(in);
    if (!state->tables.empty() && table->name <= state->tables.back()->name) in.breach();
    if (in.ok())
      for (const auto& partition : table->partitions) state->file_count += partition->files.size();
    state->tables.push_back(std::move(table));
  }
  if (!in.done()) return damaged("the checkpoint's content cannot be read");
  return state;
}

size_t encoded_bytes(const Action& action) {
  ByteWriter out;
  std::visit([&](const auto& each) { put(out, each); }, action);
  return out.size();
}

}  // namespace magnetite::catalog
