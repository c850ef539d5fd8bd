#include "chunk/image_footer.h"

#include <arrow/buffer.h>
#include <arrow/ipc/writer.h>
#include <arrow/util/base64.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <parquet/exception.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <charconv>
#include <optional>
#include <ranges>

#include "chunk/image_format.h"
#include "chunk/sorted_rows.h"

namespace magnetite::chunk {
namespace {

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::kCorruption, fmt::format("the Parquet image is damaged: {}", what));
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string_view> split_text(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  if (text.empty()) return parts;
  for (const auto part : std::views::split(text, separator)) parts.emplace_back(part.begin(), part.end());
  return parts;
}

// Footer entries; each must be there.
class Entries {
 public:
  explicit Entries(const parquet::FileMetaData& file) : entries_(file.key_value_metadata()) {}

  Result<std::string> text(const char* key) const {
    if (entries_ != nullptr) {
      if (arrow::Result<std::string> value = entries_->Get(key); value.ok()) return *std::move(value);
    }
    return damaged(fmt::format("no {} in its footer", key));
  }
  template <class Number>
  Result<Number> number(const char* key) const {
    MAGNETITE_TRY(const std::string value, text(key));
    if (const std::optional<Number> number = parse_number<Number>(value)) return *number;
    return damaged(fmt::format("{} is no number", key));
  }
  Result<std::string> bytes(const char* key) const {
    MAGNETITE_TRY(const std::string value, text(key));
    arrow::Result<std::string> decoded = arrow::util::base64_decode(value);
    if (!decoded.ok()) return damaged(fmt::format("{} is no base64", key));
    return *std::move(decoded);
  }

 private:
  std::shared_ptr<const arrow::KeyValueMetadata> entries_;
};

std::string sequences_text(std::span<const SequenceRange> sequences) {
  std::string text;
  for (const SequenceRange& range : sequences)
    text += fmt::format("{}{}:{}-{}", text.empty() ? "" : ",", range.sequencer.value, range.min.value, range.max.value);
  return text;
}

Result<std::vector<SequenceRange>> parse_sequences(std::string_view text) {
  std::vector<SequenceRange> sequences;
  for (const std::string_view part : split_text(text, ',')) {
    const size_t colon = part.find(':');
    const size_t dash = part.find('-');
    if (colon == part.npos || dash == part.npos || dash < colon) return damaged("a range of sequence numbers");
    const auto sequencer = parse_number<uint32_t>(part.substr(0, colon));
    const auto min = parse_number<uint64_t>(part.substr(colon + 1, dash - colon - 1));
    const auto max = parse_number<uint64_t>(part.substr(dash + 1));
    if (!sequencer || !min || !max || *min > *max) return damaged("a range of sequence numbers");
    sequences.push_back({model::SequencerId{*sequencer}, model::SequenceNumber{*min}, model::SequenceNumber{*max}});
  }
  return sequences;
}

Result<SortKey> parse_sort_key(std::string_view text) {
  SortKey key;
  for (const std::string_view part : split_text(text, ',')) {
    const auto id = parse_number<uint32_t>(part);
    if (!id || std::ranges::contains(key.tags, model::ColumnId{*id})) return damaged("its sort key");
    key.tags.push_back(model::ColumnId{*id});
  }
  return key;
}

Result<FilePlace> parse_place(std::string_view text) {
  const std::vector<std::string_view> parts = split_text(text, ',');
  if (parts.size() != 3) return damaged("the place of its series index");
  const auto offset = parse_number<uint64_t>(parts[0]);
  const auto bytes = parse_number<uint64_t>(parts[1]);
  const auto checksum = parse_checksum(parts[2]);
  if (!offset || !bytes || !checksum || *bytes > UINT64_MAX - *offset) return damaged("the place of its series index");
  return FilePlace{*offset, *bytes, *checksum};
}

Result<ImageFooterFacts> parse_facts(const Entries& entries) {
  ImageFooterFacts facts;
  MAGNETITE_TRY(const std::string version, entries.text(kVersionKey));
  if (version != kImageVersion) return damaged(fmt::format("its version '{}' is not known here", version));
  MAGNETITE_TRY(facts.table, entries.text(kTableKey));
  MAGNETITE_TRY(facts.identity.database, entries.text(kDatabaseKey));
  MAGNETITE_TRY(const std::string uuid, entries.text(kDatabaseUuidKey));
  const Result<model::Uuid> database_uuid = model::Uuid::parse(uuid);
  if (!database_uuid) return damaged(database_uuid.error().message());
  facts.identity.database_uuid = *database_uuid;
  MAGNETITE_TRY(facts.identity.partition_key, entries.text(kPartitionKey));
  MAGNETITE_TRY(facts.identity.chunk.value, entries.number<uint32_t>(kChunkIdKey));
  MAGNETITE_TRY(facts.identity.order.value, entries.number<uint64_t>(kChunkOrderKey));
  MAGNETITE_TRY(facts.closing.created_at.nanos, entries.number<int64_t>(kCreatedAtKey));
  MAGNETITE_TRY(const std::string sequences, entries.text(kSequencesKey));
  MAGNETITE_TRY(facts.closing.sequences, parse_sequences(sequences));
  MAGNETITE_TRY(facts.closing.partition_checkpoint, entries.bytes(kPartitionCheckpointKey));
  MAGNETITE_TRY(facts.closing.database_checkpoint, entries.bytes(kDatabaseCheckpointKey));
  MAGNETITE_TRY(const std::string sort_key, entries.text(kSortKeyKey));
  MAGNETITE_TRY(facts.sort_key, parse_sort_key(sort_key));
  MAGNETITE_TRY(facts.rows, entries.number<uint64_t>(kRowCountKey));
  return facts;
}

std::optional<model::ColumnType> type_of(const parquet::ColumnDescriptor& column, bool is_tag) {
  using parquet::LogicalType;
  const auto& logical = column.logical_type();
  switch (column.physical_type()) {
    case parquet::Type::BOOLEAN:
      return model::ColumnType::kBoolean;
    case parquet::Type::DOUBLE:
      return model::ColumnType::kFloat;
    case parquet::Type::BYTE_ARRAY:
      return is_tag ? model::ColumnType::kTag : model::ColumnType::kString;
    case parquet::Type::INT64:
      if (logical->is_timestamp()) return model::ColumnType::kTime;
      if (logical->Equals(*LogicalType::Int(64, false))) return model::ColumnType::kUnsigned;
      return model::ColumnType::kInteger;
    default:
      return std::nullopt;
  }
}

template <class Stats, class Value>
void widen(const parquet::Statistics& statistics, model::ColumnSummary& summary) {
  const auto& typed = static_cast<const Stats&>(statistics);
  const auto value = [](const auto& from) -> Value {
    if constexpr (std::is_same_v<Value, std::string>)
      return {reinterpret_cast<const char*>(from.ptr), from.len};
    else
      return static_cast<Value>(from);
  };
  Value min = value(typed.min());
  Value max = value(typed.max());
  if (!summary.min || min < std::get<Value>(*summary.min)) summary.min = std::move(min);
  if (!summary.max || max > std::get<Value>(*summary.max)) summary.max = std::move(max);
}

void widen(const parquet::Statistics& statistics, model::ColumnSummary& summary) {
  switch (summary.type) {
    case model::ColumnType::kFloat:
      return widen<parquet::DoubleStatistics, double>(statistics, summary);
    case model::ColumnType::kUnsigned:
      return widen<parquet::Int64Statistics, uint64_t>(statistics, summary);
    case model::ColumnType::kBoolean:
      return widen<parquet::BoolStatistics, bool>(statistics, summary);
    case model::ColumnType::kTag:
    case model::ColumnType::kString:
      return widen<parquet::ByteArrayStatistics, std::string>(statistics, summary);
    case model::ColumnType::kInteger:
    case model::ColumnType::kTime:
      return widen<parquet::Int64Statistics, int64_t>(statistics, summary);
  }
}

class Parser {
 public:
  Parser(const parquet::FileMetaData& metadata, uint64_t tail_begin) : metadata_(metadata), tail_begin_(tail_begin) {}

  Result<ImageFooter> parse() {
    const Entries entries(metadata_);
    MAGNETITE_TRY(footer_.facts, parse_facts(entries));
    MAGNETITE_TRY(const std::string place, entries.text(kSeriesIndexKey));
    MAGNETITE_TRY(footer_.series_index, parse_place(place));
    MAGNETITE_RETURN_IF_ERROR(parse_columns());
    MAGNETITE_TRY(const std::string checksums, entries.text(kColumnChecksumsKey));
    MAGNETITE_RETURN_IF_ERROR(parse_row_groups(checksums));
    MAGNETITE_RETURN_IF_ERROR(summarise());
    return std::move(footer_);
  }

 private:
  Result<> parse_columns() {
    const parquet::SchemaDescriptor& schema = *metadata_.schema();
    for (int i = 0; i < schema.num_columns(); ++i) {
      const parquet::ColumnDescriptor& column = *schema.Column(i);
      const int field_id = column.schema_node()->field_id();
      const bool is_flat = column.path()->ToDotVector().size() == 1 && column.max_repetition_level() == 0;
      if (field_id <= 0 || !is_flat) return damaged(fmt::format("column {} is not one of ours", i));
      const model::ColumnId id{static_cast<uint32_t>(field_id) - 1};
      const auto type = type_of(column, std::ranges::contains(footer_.facts.sort_key.tags, id));
      const bool required = column.max_definition_level() == 0;
      if (!type || (*type == model::ColumnType::kTime) != (id == schema::kTimeColumnId) ||
          required != (id == schema::kTimeColumnId))
        return damaged(fmt::format("column {} is not one of ours", i));
      // A node of its own: Parquet's would keep the whole footer.
      const auto node = parquet::schema::PrimitiveNode::Make(
          column.name(), required ? parquet::Repetition::REQUIRED : parquet::Repetition::OPTIONAL,
          column.physical_type());
      const ImageColumn ours{static_cast<size_t>(i), *type,
                             std::make_shared<const parquet::ColumnDescriptor>(node, required ? 0 : 1, 0)};
      if (!footer_.columns.emplace(id, ours).second) return damaged(fmt::format("column {} is not one of ours", i));
    }
    return footer_.columns.contains(schema::kTimeColumnId) ? Result<>() : damaged("no time column");
  }

  Result<> parse_row_groups(std::string_view checksums) {
    const size_t columns = footer_.columns.size();
    const auto groups = static_cast<size_t>(metadata_.num_row_groups());
    if (checksums.size() != groups * columns * kChecksumDigits) return damaged("the checksums of its columns");
    const size_t time_position = footer_.columns.at(schema::kTimeColumnId).position;
    uint64_t first_row = 0;
    uint64_t offset = kParquetMagic.size();
    for (size_t i = 0; i < groups; ++i) {
      const std::unique_ptr<parquet::RowGroupMetaData> group = metadata_.RowGroup(static_cast<int>(i));
      if (group->num_rows() <= 0 || group->num_columns() != metadata_.num_columns()) return damaged("a row group");
      const auto rows = static_cast<uint64_t>(group->num_rows());
      for (size_t position = 0; position < columns; ++position) {
        const auto chunk = group->ColumnChunk(static_cast<int>(position));
        const auto checksum = parse_checksum(checksums.substr(0, kChecksumDigits));
        checksums.remove_prefix(kChecksumDigits);
        const bool has_dictionary = chunk->has_dictionary_page() && chunk->dictionary_page_offset() > 0;
        const int64_t begin = has_dictionary ? chunk->dictionary_page_offset() : chunk->data_page_offset();
        const int64_t bytes = chunk->total_compressed_size();
        if (!checksum || begin < 0 || static_cast<uint64_t>(begin) != offset || bytes <= 0 ||
            static_cast<uint64_t>(bytes) > tail_begin_ - offset || chunk->num_values() != group->num_rows())
          return damaged("the place of a column");
        const std::shared_ptr<parquet::Statistics> statistics = chunk->statistics();
        if (statistics == nullptr || !statistics->HasNullCount()) return damaged("a column without statistics");
        const auto nulls = static_cast<uint64_t>(statistics->null_count());
        if (nulls > rows) return damaged("a column with more NULLs than rows");
        footer_.chunks.push_back({{offset, static_cast<uint64_t>(bytes), *checksum},
                                  chunk->compression(),
                                  nulls == 0      ? Nulls::kNone
                                  : nulls == rows ? Nulls::kAll
                                                  : Nulls::kSome});
        offset += static_cast<uint64_t>(bytes);
      }
      const std::shared_ptr<parquet::Statistics> times =
          group->ColumnChunk(static_cast<int>(time_position))->statistics();
      if (!times->HasMinMax()) return damaged("a row group without its times");
      const auto& typed = static_cast<const parquet::Int64Statistics&>(*times);
      footer_.row_groups.push_back({first_row, rows, {typed.min(), typed.max()}});
      footer_.facts.times.include(footer_.row_groups.back().times);
      first_row += rows;
    }
    if (first_row != footer_.facts.rows || first_row == 0) return damaged("its row counts differ");
    if (footer_.series_index.offset != offset || footer_.series_index.end() != tail_begin_)
      return damaged("the place of its series index");
    return {};
  }

  Result<> summarise() {
    for (const auto& [id, column] : footer_.columns) {
      model::ColumnSummary summary;
      summary.column = id;
      summary.type = column.type;
      bool bounds_known = true;
      for (size_t group = 0; group < footer_.row_groups.size(); ++group) {
        const auto chunk = metadata_.RowGroup(static_cast<int>(group))->ColumnChunk(static_cast<int>(column.position));
        const std::shared_ptr<parquet::Statistics> statistics = chunk->statistics();
        const auto nulls = static_cast<uint64_t>(statistics->null_count());
        summary.null_count += nulls;
        summary.value_count += footer_.row_groups[group].row_count - nulls;
        if (statistics->HasMinMax())
          widen(*statistics, summary);
        else if (footer_.chunk(group, column).nulls != Nulls::kAll)
          bounds_known = false;  // long strings, NaN only: the footer leaves them out
      }
      if (!bounds_known) {
        summary.min.reset();
        summary.max.reset();
      }
      footer_.summaries.push_back(std::move(summary));
    }
    return {};
  }

  const parquet::FileMetaData& metadata_;
  const uint64_t tail_begin_;
  ImageFooter footer_;
};

}  // namespace

size_t ImageFooter::memory_bytes() const {
  constexpr size_t kColumnBytes = 512;  // node and descriptor, about
  return sizeof(*this) + columns.size() * kColumnBytes + row_groups.capacity() * sizeof(RowGroup) +
         chunks.capacity() * sizeof(ColumnChunk) + summaries.capacity() * sizeof(model::ColumnSummary) +
         facts.closing.partition_checkpoint.capacity() + facts.closing.database_checkpoint.capacity() +
         facts.closing.sequences.capacity() * sizeof(SequenceRange);
}

std::shared_ptr<const arrow::KeyValueMetadata> footer_entries(const FooterEntries& from) {
  std::vector<uint32_t> key;
  for (const model::ColumnId column : from.sort_key.tags) key.push_back(column.value);
  std::string checksums;
  for (const uint64_t checksum : from.checksums) checksums += checksum_text(checksum);
  PARQUET_ASSIGN_OR_THROW(const std::shared_ptr<arrow::Buffer> ipc_schema, arrow::ipc::SerializeSchema(from.schema));
  auto entries = std::make_shared<arrow::KeyValueMetadata>();
  entries->Append(kTableKey, from.table);
  entries->Append(kVersionKey, std::string(kImageVersion));
  entries->Append(kDatabaseKey, from.identity.database);
  entries->Append(kDatabaseUuidKey, from.identity.database_uuid.text());
  entries->Append(kPartitionKey, from.identity.partition_key);
  entries->Append(kChunkIdKey, fmt::to_string(from.identity.chunk.value));
  entries->Append(kChunkOrderKey, fmt::to_string(from.identity.order.value));
  entries->Append(kCreatedAtKey, fmt::to_string(from.closing.created_at.nanos));
  entries->Append(kSequencesKey, sequences_text(from.closing.sequences));
  entries->Append(kPartitionCheckpointKey, arrow::util::base64_encode(from.closing.partition_checkpoint));
  entries->Append(kDatabaseCheckpointKey, arrow::util::base64_encode(from.closing.database_checkpoint));
  entries->Append(kSortKeyKey, fmt::format("{}", fmt::join(key, ",")));
  entries->Append(kRowCountKey, fmt::to_string(from.rows));
  entries->Append(kColumnChecksumsKey, checksums);
  entries->Append(kSeriesIndexKey, fmt::format("{},{},{}", from.series_index.offset, from.series_index.bytes,
                                               checksum_text(from.series_index.checksum)));
  entries->Append(kArrowSchemaKey, arrow::util::base64_encode(ipc_schema->ToString()));
  entries->Append(kSealKey, unsealed(from.series_index.end()));
  return entries;
}

Result<ImageFooter> parse_footer(const parquet::FileMetaData& metadata, uint64_t tail_begin) {
  return Parser(metadata, tail_begin).parse();
}

Result<> add_tag_summaries(const SeriesIndex& index, ImageFooter& footer) {
  if (index.row_count() != footer.facts.rows) return damaged("its series have other rows");
  if (index.key() != footer.facts.sort_key) return damaged("its series have another sort key");
  for (const SeriesIndex::TagColumn& tag : index.tag_columns()) {
    const auto it = footer.columns.find(tag.column);
    if (it == footer.columns.end() || it->second.type != model::ColumnType::kTag)
      return damaged("a tag without a column");
  }
  for (model::ColumnSummary& summary : footer.summaries)
    if (summary.type == model::ColumnType::kTag && index.tag_column(summary.column) != nullptr)
      summary = summarise_tag(index, summary.column);
  return {};
}

}  // namespace magnetite::chunk
