#include "chunk/image.h"

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <parquet/column_reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <charconv>
#include <map>
#include <optional>

#include "base/check.h"
#include "chunk/flat_column.h"
#include "chunk/image_column.h"
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

 private:
  std::shared_ptr<const arrow::KeyValueMetadata> entries_;
};

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
    case model::ColumnType::kString:
      return widen<parquet::ByteArrayStatistics, std::string>(statistics, summary);
    default:
      return widen<parquet::Int64Statistics, int64_t>(statistics, summary);
  }
}

class ParquetImage final : public Image {
 public:
  ParquetImage(ImageBytes bytes, std::shared_ptr<DecodedCache> cache)
      : bytes_(std::move(bytes)), cache_(std::move(cache)), cache_key_(cache_->new_image_key()) {}
  ~ParquetImage() override { cache_->forget(cache_key_); }

  Result<> load() {
    MAGNETITE_RETURN_IF_ERROR(verify_seal(*bytes_));
    const auto buffer =
        arrow::Buffer::Wrap(reinterpret_cast<const uint8_t*>(bytes_->data()), static_cast<int64_t>(bytes_->size()));
    parquet::ReaderProperties properties(arrow::default_memory_pool());
    file_ = parquet::ParquetFileReader::Open(std::make_shared<arrow::io::BufferReader>(buffer), properties);
    metadata_ = file_->metadata();
    MAGNETITE_RETURN_IF_ERROR(load_identity());
    MAGNETITE_RETURN_IF_ERROR(load_columns());
    MAGNETITE_RETURN_IF_ERROR(load_row_groups());
    return load_summaries();
  }

  const SeriesIndex& series() const override { return *index_; }
  std::span<const RowGroup> row_groups() const override { return row_groups_; }
  model::TimeRange times() const override { return times_; }
  std::span<const model::ColumnSummary> summaries() const override { return summaries_; }
  const ImageIdentity& identity() const override { return identity_; }
  const ImageBytes& bytes() const override { return bytes_; }
  size_t memory_bytes() const override {
    constexpr size_t kParsedFooterFactor = 4;  // Thrift's structures against their bytes
    return sizeof(*this) + bytes_->size() + metadata_->size() * kParsedFooterFactor + index_->bytes() +
           row_groups_.size() * sizeof(RowGroup) + summaries_.size() * sizeof(model::ColumnSummary);
  }

  Result<std::shared_ptr<const DecodedColumn>> decode(size_t row_group, model::ColumnId id) const override {
    const auto it = columns_.find(id);
    MAGNETITE_CHECK(it != columns_.end() && it->second.type != model::ColumnType::kTag);
    return cache_->get(cache_key_, static_cast<uint32_t>(row_group), id.value,
                       [&] { return read(row_group, it->second); });
  }

 private:
  // How many of a column chunk's values are NULL: known from the footer, so that levels need no decoding.
  enum class Nulls : uint8_t { kNone, kSome, kAll };
  struct Column {
    int position;
    model::ColumnType type;
  };

  Result<> load_identity() {
    const Entries entries(*metadata_);
    MAGNETITE_TRY(const std::string version, entries.text(kVersionKey));
    if (version != kImageVersion) return damaged(fmt::format("its version '{}' is not known here", version));
    MAGNETITE_TRY(identity_.database, entries.text(kDatabaseKey));
    MAGNETITE_TRY(const std::string uuid, entries.text(kDatabaseUuidKey));
    const Result<model::Uuid> database_uuid = model::Uuid::parse(uuid);
    if (!database_uuid) return damaged(database_uuid.error().message());
    identity_.database_uuid = *database_uuid;
    MAGNETITE_TRY(identity_.partition_key, entries.text(kPartitionKey));
    MAGNETITE_TRY(identity_.chunk.value, entries.number<uint32_t>(kChunkIdKey));
    MAGNETITE_TRY(identity_.order.value, entries.number<uint64_t>(kChunkOrderKey));
    MAGNETITE_TRY(const auto rows, entries.number<int64_t>(kRowCountKey));

    MAGNETITE_TRY(const std::string place, entries.text(kSeriesIndexKey));
    const size_t comma = place.find(',');
    if (comma == std::string::npos) return damaged("the place of its series index");
    const auto offset = parse_number<uint64_t>(std::string_view(place).substr(0, comma));
    const auto length = parse_number<uint64_t>(std::string_view(place).substr(comma + 1));
    if (!offset || !length || *offset > bytes_->size() || *length > bytes_->size() - *offset)
      return damaged("the place of its series index");
    MAGNETITE_TRY(index_, decode_series(std::span(*bytes_).subspan(*offset, *length)));
    if (rows != metadata_->num_rows() || index_->row_count() != static_cast<uint64_t>(rows))
      return damaged("its row counts differ");
    return {};
  }

  Result<> load_columns() {
    const parquet::SchemaDescriptor& schema = *metadata_->schema();
    for (int i = 0; i < schema.num_columns(); ++i) {
      const parquet::ColumnDescriptor& column = *schema.Column(i);
      const int field_id = column.schema_node()->field_id();
      if (field_id < 1 || column.max_repetition_level() != 0 || column.max_definition_level() > 1 ||
          schema.GetColumnRoot(i)->is_group())
        return damaged(fmt::format("column {} is not one of ours", i));
      const model::ColumnId id{static_cast<uint32_t>(field_id - 1)};
      const std::optional<model::ColumnType> type = type_of(column, index_->tag_column(id) != nullptr);
      if (!type || (*type == model::ColumnType::kTime) != (id == schema::kTimeColumnId) ||
          !columns_.emplace(id, Column{i, *type}).second)
        return damaged(fmt::format("column {} is not one of ours", i));
    }
    if (!columns_.contains(schema::kTimeColumnId)) return damaged("no time column");
    for (const SeriesIndex::TagColumn& tag : index_->tag_columns()) {
      const auto it = columns_.find(tag.column);
      if (it == columns_.end() || it->second.type != model::ColumnType::kTag) return damaged("a tag without a column");
    }
    return {};
  }

  Result<> load_row_groups() {
    const int time_position = columns_.at(schema::kTimeColumnId).position;
    uint64_t first = 0;
    for (int i = 0; i < metadata_->num_row_groups(); ++i) {
      const std::unique_ptr<parquet::RowGroupMetaData> group = metadata_->RowGroup(i);
      if (group->num_rows() <= 0 || group->num_columns() != metadata_->num_columns()) return damaged("a row group");
      const std::shared_ptr<parquet::Statistics> statistics = group->ColumnChunk(time_position)->statistics();
      if (statistics == nullptr || !statistics->HasMinMax()) return damaged("a row group without its times");
      const auto& times = static_cast<const parquet::Int64Statistics&>(*statistics);
      row_groups_.push_back({first, static_cast<uint64_t>(group->num_rows()), {times.min(), times.max()}});
      times_.include(row_groups_.back().times);
      first += row_groups_.back().row_count;
    }
    return first == index_->row_count() ? Result<>() : damaged("its row groups do not add up");
  }

  Result<> load_summaries() {
    nulls_.resize(row_groups_.size() * columns_.size());
    for (const auto& [id, column] : columns_) {
      if (column.type == model::ColumnType::kTag) {
        summaries_.push_back(summarise_tag(*index_, id));
        continue;
      }
      model::ColumnSummary summary;
      summary.column = id;
      summary.type = column.type;
      bool bounds_known = true;
      for (size_t group = 0; group < row_groups_.size(); ++group) {
        const auto chunk = metadata_->RowGroup(static_cast<int>(group))->ColumnChunk(column.position);
        const std::shared_ptr<parquet::Statistics> statistics = chunk->statistics();
        if (statistics == nullptr || !statistics->HasNullCount()) return damaged("a column without statistics");
        const uint64_t rows = row_groups_[group].row_count;
        const auto nulls = static_cast<uint64_t>(statistics->null_count());
        if (nulls > rows) return damaged("a column with more NULLs than rows");
        summary.null_count += nulls;
        summary.value_count += rows - nulls;
        nulls_[group * columns_.size() + static_cast<size_t>(column.position)] = nulls == 0      ? Nulls::kNone
                                                                                 : nulls == rows ? Nulls::kAll
                                                                                                 : Nulls::kSome;
        if (statistics->HasMinMax())
          widen(*statistics, summary);
        else if (nulls < rows)
          bounds_known = false;  // long strings: the footer leaves them out
      }
      if (!bounds_known) {
        summary.min.reset();
        summary.max.reset();
      }
      summaries_.push_back(std::move(summary));
    }
    return {};
  }

  Result<std::shared_ptr<const DecodedColumn>> read(size_t row_group, const Column& column) const {
    try {
      const uint64_t rows = row_groups_[row_group].row_count;
      const Nulls nulls = nulls_[row_group * columns_.size() + static_cast<size_t>(column.position)];
      if (nulls == Nulls::kAll) return decoded_null(column.type, rows);
      const std::shared_ptr<parquet::ColumnReader> reader =
          file_->RowGroup(static_cast<int>(row_group))->Column(column.position);
      return read_column(*reader, column.type, rows, nulls == Nulls::kNone);
    } catch (const std::exception& error) {
      return damaged(error.what());
    }
  }

  const ImageBytes bytes_;
  const std::shared_ptr<DecodedCache> cache_;
  const uint64_t cache_key_;
  std::unique_ptr<parquet::ParquetFileReader> file_;
  std::shared_ptr<parquet::FileMetaData> metadata_;
  ImageIdentity identity_;
  std::unique_ptr<SeriesIndex> index_;
  std::map<model::ColumnId, Column> columns_;
  std::vector<RowGroup> row_groups_;
  model::TimeRange times_ = model::TimeRange::none();
  std::vector<model::ColumnSummary> summaries_;
  std::vector<Nulls> nulls_;  // by row group and position
};

}  // namespace

Result<std::shared_ptr<const Image>> Image::open(ImageBytes bytes, std::shared_ptr<DecodedCache> cache) {
  auto image = std::make_shared<ParquetImage>(std::move(bytes), std::move(cache));
  try {
    MAGNETITE_RETURN_IF_ERROR(image->load());
  } catch (const std::exception& error) {
    return damaged(error.what());
  }
  return image;
}

}  // namespace magnetite::chunk
