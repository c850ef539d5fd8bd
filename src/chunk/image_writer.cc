#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/ipc/writer.h>
#include <arrow/util/base64.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <parquet/arrow/schema.h>
#include <parquet/column_writer.h>
#include <parquet/file_writer.h>
#include <parquet/properties.h>

#include <algorithm>
#include <map>

#include "base/check.h"
#include "chunk/image.h"
#include "chunk/image_encoding.h"
#include "chunk/image_format.h"
#include "schema/arrow_schema.h"

namespace magnetite::chunk {
namespace {

// Each batch of dictionary indices costs Arrow a search for its distinct values, so batches are large.
constexpr int64_t kBatchRows = 16'384;
// Columns of the first row group that were decoded to choose encodings are kept until it is written, up to this.
constexpr size_t kKeptBytesMax = 32 * 1024 * 1024;

class VectorStream final : public arrow::io::OutputStream {
 public:
  explicit VectorStream(size_t bytes_expected) { bytes_.reserve(bytes_expected); }

  arrow::Status Write(const void* data, int64_t size) override {
    const auto* from = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), from, from + size);
    return arrow::Status::OK();
  }
  arrow::Result<int64_t> Tell() const override { return static_cast<int64_t>(bytes_.size()); }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }

  std::vector<std::byte>& bytes() { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
  bool closed_ = false;
};

void throw_if_failed(const arrow::Status& status) {
  if (!status.ok()) throw parquet::ParquetStatusException(status);
}
template <class T>
T value_or_throw(arrow::Result<T> result) {
  throw_if_failed(result.status());
  return std::move(result).ValueUnsafe();
}

// Tags in key order, time, fields by name.
std::vector<model::ColumnId> columns_of(const SortedChunk& rows, const schema::TableSchema& schema) {
  std::vector<model::ColumnId> columns;
  for (const SeriesIndex::TagColumn& tag : rows.series().tag_columns()) columns.push_back(tag.column);
  columns.push_back(schema::kTimeColumnId);
  const size_t fields_begin = columns.size();
  for (const model::ColumnSummary& summary : rows.summaries())
    if (model::is_field(schema.column(summary.column).type)) columns.push_back(summary.column);
  std::sort(columns.begin() + static_cast<ptrdiff_t>(fields_begin), columns.end(),
            [&](model::ColumnId a, model::ColumnId b) { return schema.column(a).name < schema.column(b).name; });
  return columns;
}

// Writes one chunk. Parquet's exceptions pass through; write_image() ends them.
class Writer {
 public:
  Writer(const SortedChunk& rows, const schema::TableSchema& schema, const ImageIdentity& identity,
         const ImageOptions& options)
      : rows_(rows), schema_(schema), identity_(identity), options_(options), columns_(columns_of(rows, schema)) {}

  Result<ImageBytes> write() {
    sink_ = std::make_shared<VectorStream>(rows_.row_count() * columns_.size() + 65'536);
    arrow_schema_ = schema::arrow_schema(schema_, columns_, true);
    MAGNETITE_TRY(const std::shared_ptr<parquet::WriterProperties> properties, make_properties());
    std::shared_ptr<parquet::SchemaDescriptor> descriptor;
    throw_if_failed(parquet::arrow::ToParquetSchema(arrow_schema_.get(), *properties, &descriptor));
    auto root = std::static_pointer_cast<parquet::schema::GroupNode>(descriptor->schema_root());
    const std::unique_ptr<parquet::ParquetFileWriter> file = parquet::ParquetFileWriter::Open(sink_, root, properties);
    for (uint64_t first = 0; first < rows_.row_count(); first += options_.row_group_rows) {
      const uint64_t count = std::min(options_.row_group_rows, rows_.row_count() - first);
      parquet::RowGroupWriter* group = file->AppendRowGroup();
      for (const model::ColumnId id : columns_) {
        parquet::ColumnWriter* column = group->NextColumn();
        if (schema_.column(id).type == model::ColumnType::kTag) {
          write_tag(*column, id, first, count);
        } else {
          MAGNETITE_RETURN_IF_ERROR(write_values(*column, id, first, count));
        }
        column->Close();
      }
      group->Close();
    }
    const std::string index = encode_series(rows_.series());
    const size_t index_at = sink_->bytes().size();
    throw_if_failed(sink_->Write(index.data(), static_cast<int64_t>(index.size())));
    file->AddKeyValueMetadata(metadata(index_at, index.size()));
    file->Close();
    MAGNETITE_RETURN_IF_ERROR(seal(sink_->bytes()));
    sink_->bytes().shrink_to_fit();
    return std::make_shared<const std::vector<std::byte>>(std::move(sink_->bytes()));
  }

 private:
  Result<std::shared_ptr<parquet::WriterProperties>> make_properties() {
    size_t kept_bytes = 0;
    parquet::WriterProperties::Builder builder;
    builder.memory_pool(arrow::default_memory_pool());
    builder.created_by("magnetite");
    builder.write_batch_size(kBatchRows);
    builder.compression(options_.compression == Compression::kZstd ? parquet::Compression::ZSTD
                                                                   : parquet::Compression::LZ4);  // LZ4_RAW in the file
    if (options_.compression == Compression::kZstd) builder.compression_level(options_.compression_level);
    builder.max_row_group_length(static_cast<int64_t>(options_.row_group_rows));
    builder.max_rows_per_page(static_cast<int64_t>(options_.row_group_rows));
    builder.enable_write_page_index();
    builder.set_size_statistics_level(parquet::SizeStatisticsLevel::None);
    std::vector<parquet::SortingColumn> sorting;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const schema::Column& column = schema_.column(columns_[i]);
      if (!model::is_field(column.type)) sorting.push_back({static_cast<int32_t>(i), false, true});
      if (column.type == model::ColumnType::kTag) continue;
      MAGNETITE_TRY(const std::shared_ptr<const DecodedColumn> sample, rows_.decode(0, column.id));
      kept_bytes += sample->bytes;
      if (kept_bytes <= kKeptBytesMax) samples_.emplace(column.id, sample);
      const ColumnEncoding encoding = choose_encoding(*sample);
      if (encoding == ColumnEncoding::kDictionary) continue;
      builder.disable_dictionary(column.name);
      builder.encoding(column.name, parquet_encoding(encoding));
    }
    builder.set_sorting_columns(std::move(sorting));
    return builder.build();
  }

  static parquet::Encoding::type parquet_encoding(ColumnEncoding encoding) {
    switch (encoding) {
      case ColumnEncoding::kDelta:
        return parquet::Encoding::DELTA_BINARY_PACKED;
      case ColumnEncoding::kSplit:
        return parquet::Encoding::BYTE_STREAM_SPLIT;
      default:
        return parquet::Encoding::PLAIN;
    }
  }

  void set_levels(uint64_t count, int16_t level) {
    if (levels_.size() < count || uniform_level_ != level) {
      levels_.assign(std::max<size_t>(levels_.size(), count), level);
      uniform_level_ = level;
    }
  }

  // Rows of one group, each tag value once in its dictionary; the indices are runs of series.
  void write_tag(parquet::ColumnWriter& column, model::ColumnId id, uint64_t first, uint64_t count) {
    const SeriesIndex& index = rows_.series();
    const SeriesIndex::TagColumn& tag = *index.tag_column(id);
    std::vector<int32_t> indices(count);
    std::vector<uint8_t> validity((count + 7) / 8, 0xFF);
    std::vector<std::string_view> values;
    std::vector<std::pair<uint32_t, int32_t>> known;  // code -> position, sorted by code
    int64_t nulls = 0;
    set_levels(count, 1);
    {
      std::vector<uint32_t> codes;
      for (size_t series = index.series_of_row(first);
           series < index.series_count() && index.first_row(series) < first + count; ++series)
        if (tag.codes[series] != SeriesIndex::kNullCode && (codes.empty() || codes.back() != tag.codes[series]))
          codes.push_back(tag.codes[series]);
      std::ranges::sort(codes);
      const auto rest = std::ranges::unique(codes);
      codes.erase(rest.begin(), rest.end());
      for (const uint32_t code : codes) {
        known.emplace_back(code, static_cast<int32_t>(values.size()));
        values.push_back(tag.values[code]);
      }
    }
    for (size_t series = index.series_of_row(first);
         series < index.series_count() && index.first_row(series) < first + count; ++series) {
      const uint64_t begin = std::max(index.first_row(series), first) - first;
      const uint64_t end = std::min(index.end_row(series), first + count) - first;
      if (tag.codes[series] != SeriesIndex::kNullCode) {
        const int32_t position =
            std::ranges::lower_bound(known, tag.codes[series], {}, [](const auto& each) { return each.first; })->second;
        std::fill(indices.begin() + static_cast<ptrdiff_t>(begin), indices.begin() + static_cast<ptrdiff_t>(end),
                  position);
        continue;
      }
      nulls += static_cast<int64_t>(end - begin);
      uniform_level_ = -1;
      for (uint64_t row = begin; row < end; ++row) {
        levels_[row] = 0;
        validity[row / 8] = static_cast<uint8_t>(validity[row / 8] & ~(1U << (row % 8)));
      }
    }
    // All buffers are borrowed: the column is written before they go.
    std::vector<int32_t> offsets{0};
    std::string text;
    for (const std::string_view value : values) {
      text.append(value);
      offsets.push_back(static_cast<int32_t>(text.size()));
    }
    const auto dictionary = std::make_shared<arrow::StringArray>(
        static_cast<int64_t>(values.size()), arrow::Buffer::Wrap(offsets), arrow::Buffer::FromString(text));
    const auto positions =
        std::make_shared<arrow::Int32Array>(static_cast<int64_t>(count), arrow::Buffer::Wrap(indices),
                                            nulls == 0 ? nullptr : arrow::Buffer::Wrap(validity), nulls);
    const arrow::DictionaryArray array(arrow::dictionary(arrow::int32(), arrow::utf8()), positions, dictionary);
    parquet::ArrowWriteContext context(arrow::default_memory_pool(), arrow_properties_.get());
    throw_if_failed(column.WriteArrow(levels_.data(), nullptr, static_cast<int64_t>(count), array, &context, true));
  }

  Result<> write_values(parquet::ColumnWriter& column, model::ColumnId id, uint64_t first, uint64_t count) {
    const std::span<const RowGroup> groups = rows_.row_groups();
    auto group =
        static_cast<size_t>(std::ranges::upper_bound(groups, first, {}, &RowGroup::first_row) - groups.begin()) - 1;
    const uint64_t end = first + count;
    for (uint64_t at = first; at < end; ++group) {
      const RowGroup& source = groups[group];
      MAGNETITE_TRY(const std::shared_ptr<const DecodedColumn> decoded, decode(group, id));
      const uint64_t begin = at - source.first_row;
      const uint64_t rows = std::min(end, source.first_row + source.row_count) - at;
      write_slice(column, schema_.column(id).type, decoded->vector, begin, rows);
      at += rows;
    }
    return {};
  }

  Result<std::shared_ptr<const DecodedColumn>> decode(size_t group, model::ColumnId id) {
    if (group == 0) {
      if (const auto it = samples_.find(id); it != samples_.end()) return it->second;
    }
    return rows_.decode(group, id);
  }

  void write_slice(parquet::ColumnWriter& column, model::ColumnType type, const ColumnVector& vector, uint64_t begin,
                   uint64_t rows) {
    switch (type) {
      case model::ColumnType::kFloat:
        return write_typed<parquet::DoubleType>(column, vector, begin, rows,
                                                static_cast<const double*>(vector.data) + begin);
      case model::ColumnType::kBoolean:
        static_assert(sizeof(bool) == sizeof(uint8_t));
        return write_typed<parquet::BooleanType>(column, vector, begin, rows,
                                                 static_cast<const bool*>(vector.data) + begin);
      case model::ColumnType::kString: {
        std::vector<parquet::ByteArray> texts(rows);
        if (vector.kind == ColumnVector::Kind::kFlat) {
          const auto* views = static_cast<const std::string_view*>(vector.data) + begin;
          for (uint64_t row = 0; row < rows; ++row)
            texts[row] = {static_cast<uint32_t>(views[row].size()),
                          reinterpret_cast<const uint8_t*>(views[row].data())};
        }
        return write_typed<parquet::ByteArrayType>(column, vector, begin, rows, texts.data());
      }
      default:
        return write_typed<parquet::Int64Type>(column, vector, begin, rows,
                                               static_cast<const int64_t*>(vector.data) + begin);
    }
  }

  template <class Type>
  void write_typed(parquet::ColumnWriter& column, const ColumnVector& vector, uint64_t begin, uint64_t rows,
                   const typename Type::c_type* values) {
    auto& typed = static_cast<parquet::TypedColumnWriter<Type>&>(column);
    const auto count = static_cast<int64_t>(rows);
    if (vector.kind == ColumnVector::Kind::kNull) {
      set_levels(rows, 0);
      typed.WriteBatch(count, levels_.data(), nullptr, nullptr);
      return;
    }
    MAGNETITE_CHECK(vector.kind == ColumnVector::Kind::kFlat);
    set_levels(rows, 1);
    if (vector.validity == nullptr) {
      typed.WriteBatch(count, levels_.data(), nullptr, values);
      return;
    }
    const uint64_t bit = vector.validity_offset + begin;
    for (uint64_t row = 0; row < rows; ++row)
      levels_[row] = static_cast<int16_t>(vector.validity[(bit + row) / 64] >> ((bit + row) % 64) & 1);
    uniform_level_ = -1;
    typed.WriteBatchSpaced(count, levels_.data(), nullptr, reinterpret_cast<const uint8_t*>(vector.validity),
                           static_cast<int64_t>(bit), values);
  }

  std::shared_ptr<const arrow::KeyValueMetadata> metadata(size_t index_at, size_t index_bytes) const {
    std::vector<uint32_t> key;
    for (const model::ColumnId column : rows_.series().key().tags) key.push_back(column.value);
    const std::shared_ptr<arrow::Buffer> ipc_schema = value_or_throw(arrow::ipc::SerializeSchema(*arrow_schema_));
    auto entries = std::make_shared<arrow::KeyValueMetadata>();
    entries->Append(kTableKey, schema_.table());
    entries->Append(kVersionKey, std::string(kImageVersion));
    entries->Append(kDatabaseKey, identity_.database);
    entries->Append(kDatabaseUuidKey, identity_.database_uuid.text());
    entries->Append(kPartitionKey, identity_.partition_key);
    entries->Append(kChunkIdKey, fmt::to_string(identity_.chunk.value));
    entries->Append(kChunkOrderKey, fmt::to_string(identity_.order.value));
    entries->Append(kSortKeyKey, fmt::format("{}", fmt::join(key, ",")));
    entries->Append(kRowCountKey, fmt::to_string(rows_.row_count()));
    entries->Append(kSeriesIndexKey, fmt::format("{},{}", index_at, index_bytes));
    entries->Append(kArrowSchemaKey, arrow::util::base64_encode(ipc_schema->ToString()));
    entries->Append(kChecksumKey, std::string(kChecksumDigits, '0'));
    return entries;
  }

  const SortedChunk& rows_;
  const schema::TableSchema& schema_;
  const ImageIdentity& identity_;
  const ImageOptions& options_;
  const std::vector<model::ColumnId> columns_;
  const std::shared_ptr<parquet::ArrowWriterProperties> arrow_properties_ = parquet::default_arrow_writer_properties();
  std::shared_ptr<VectorStream> sink_;
  std::shared_ptr<arrow::Schema> arrow_schema_;
  std::map<model::ColumnId, std::shared_ptr<const DecodedColumn>> samples_;  // of row group 0
  std::vector<int16_t> levels_;                                              // definition levels of the slice at hand
  int16_t uniform_level_ = -1;                                               // what all of levels_ are, if they are
};

}  // namespace

Result<ImageBytes> write_image(const SortedChunk& rows, const schema::TableSchema& schema,
                               const ImageIdentity& identity, const ImageOptions& options, const ClosingFacts&) {
  MAGNETITE_CHECK(rows.row_count() > 0 && options.row_group_rows > 0);
  try {
    return Writer(rows, schema, identity, options).write();
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInternal,
                fmt::format("write the Parquet image of table '{}': {}", schema.table(), error.what()));
  }
}

}  // namespace magnetite::chunk
