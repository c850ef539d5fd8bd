#include "chunk/image_encoder.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <parquet/arrow/schema.h>
#include <parquet/column_writer.h>
#include <parquet/file_writer.h>
#include <parquet/properties.h>

#include <algorithm>

#include "base/check.h"
#include "chunk/image_footer.h"
#include "chunk/image_stream.h"
#include "chunk/open_columns.h"
#include "schema/arrow_schema.h"

namespace magnetite::chunk {
namespace {

// Each batch of dictionary indices costs Arrow a search for its distinct values, so batches are large.
constexpr int64_t kBatchRows = 16'384;

parquet::Encoding::type parquet_encoding(ColumnEncoding encoding) {
  switch (encoding) {
    case ColumnEncoding::kDelta:
      return parquet::Encoding::DELTA_BINARY_PACKED;
    case ColumnEncoding::kSplit:
      return parquet::Encoding::BYTE_STREAM_SPLIT;
    case ColumnEncoding::kPlain:
    case ColumnEncoding::kDictionary:
      return parquet::Encoding::PLAIN;
  }
  return parquet::Encoding::PLAIN;
}

}  // namespace

uint64_t row_group_rows(std::span<const model::ColumnId> columns, const schema::TableSchema& schema,
                        const ImageOptions& options) {
  size_t row_bytes = 0;
  for (const model::ColumnId id : columns)
    if (const model::ColumnType type = schema.column(id).type; type != model::ColumnType::kTag)
      row_bytes += value_bytes(type);
  return std::clamp<uint64_t>(options.row_group_bytes_max / row_bytes, 1, options.row_group_rows);
}

std::vector<model::ColumnId> file_columns(const SortKey& key, std::vector<model::ColumnId> present,
                                          const schema::TableSchema& schema) {
  std::vector<model::ColumnId> columns;
  for (const model::ColumnId tag : key.tags)
    if (std::ranges::contains(present, tag)) columns.push_back(tag);
  columns.push_back(schema::kTimeColumnId);
  std::erase_if(present, [&](model::ColumnId id) { return !model::is_field(schema.column(id).type); });
  std::ranges::sort(present, {}, [&](model::ColumnId id) -> const std::string& { return schema.column(id).name; });
  const auto repeated = std::ranges::unique(present);
  present.erase(repeated.begin(), repeated.end());
  columns.insert(columns.end(), present.begin(), present.end());
  return columns;
}

class ImageEncoder::Impl {
 public:
  Impl(ByteSink& sink, const schema::TableSchema& schema, std::vector<model::ColumnId> columns,
       const ImageOptions& options)
      : schema_(schema),
        columns_(std::move(columns)),
        options_(options),
        arrow_schema_(schema::arrow_schema(schema_, columns_, true)),
        stream_(std::make_shared<ImageStream>(sink)) {}

  const std::vector<model::ColumnId>& columns() const { return columns_; }
  uint64_t bytes() const { return stream_->written(); }

  Result<> write_group(const GroupRows& rows, const ChooseEncoding& encoding) {
    return guarded([&]() -> Result<> {
      if (file_ == nullptr) MAGNETITE_RETURN_IF_ERROR(open(encoding));
      parquet::RowGroupWriter* group = file_->AppendRowGroup();
      for (const model::ColumnId id : columns_) {
        parquet::ColumnWriter* column = group->NextColumn();
        stream_->begin_place();
        if (schema_.column(id).type == model::ColumnType::kTag) {
          write_tag(*column, rows, rows.tag(id));
        } else {
          uint64_t written = 0;
          MAGNETITE_RETURN_IF_ERROR(rows.read(id, [&](const ColumnVector& vector, uint64_t first, uint64_t count) {
            write_slice(*column, schema_.column(id).type, vector, first, count);
            written += count;
          }));
          MAGNETITE_CHECK(written == rows.rows);
        }
        column->Close();
        checksums_.push_back(stream_->end_place().checksum);
      }
      group->Close();
      return {};
    });
  }

  Result<ImageFacts> finish(const SeriesIndex& index, const ImageIdentity& identity, const ClosingFacts& closing) {
    MAGNETITE_CHECK(file_ != nullptr);
    return guarded([&]() -> Result<ImageFacts> {
      const std::string series = encode_series(index);
      stream_->begin_place();
      PARQUET_THROW_NOT_OK(stream_->Write(series.data(), static_cast<int64_t>(series.size())));
      const FilePlace series_place = stream_->end_place();
      file_->AddKeyValueMetadata(footer_entries({identity, closing, index.key(), schema_.table(), index.row_count(),
                                                 series_place, checksums_, *arrow_schema_}));
      stream_->begin_tail();
      file_->Close();
      // Read back before it counts as written.
      MAGNETITE_TRY(ImageFooter footer, parse_footer(*file_->metadata(), series_place.end()));
      MAGNETITE_RETURN_IF_ERROR(add_tag_summaries(index, footer));
      ImageFacts facts;
      MAGNETITE_TRY(facts.checksum, stream_->seal_tail());
      facts.rows = footer.facts.rows;
      facts.bytes = stream_->written();
      facts.times = footer.facts.times;
      facts.summaries = std::move(footer.summaries);
      return facts;
    });
  }

 private:
  // Parquet's exceptions end here.
  template <class Work>
  auto guarded(const Work& work) -> decltype(work()) {
    try {
      return work();
    } catch (const std::exception& error) {
      if (stream_->error()) return std::unexpected(*stream_->error());
      return fail(ErrorCode::kInternal,
                  fmt::format("write the Parquet image of table '{}': {}", schema_.table(), error.what()));
    }
  }

  Result<> open(const ChooseEncoding& choose) {
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
      MAGNETITE_TRY(const ColumnEncoding encoding, choose(column.id));
      if (encoding == ColumnEncoding::kDictionary) continue;
      builder.disable_dictionary(column.name);
      builder.encoding(column.name, parquet_encoding(encoding));
    }
    builder.set_sorting_columns(std::move(sorting));
    const std::shared_ptr<parquet::WriterProperties> properties = builder.build();
    std::shared_ptr<parquet::SchemaDescriptor> descriptor;
    PARQUET_THROW_NOT_OK(parquet::arrow::ToParquetSchema(arrow_schema_.get(), *properties, &descriptor));
    auto root = std::static_pointer_cast<parquet::schema::GroupNode>(descriptor->schema_root());
    file_ = parquet::ParquetFileWriter::Open(stream_, root, properties);
    return {};
  }

  void set_levels(uint64_t count, int16_t level) {
    if (levels_.size() < count || uniform_level_ != level) {
      levels_.assign(std::max<size_t>(levels_.size(), count), level);
      uniform_level_ = level;
    }
  }

  // Each tag value once in its dictionary; the indices are runs of series.
  void write_tag(parquet::ColumnWriter& column, const GroupRows& rows, const SeriesIndex::TagColumn* tag) {
    std::vector<int32_t> indices(rows.rows);
    std::vector<uint8_t> validity((rows.rows + 7) / 8, 0xFF);
    int64_t nulls = 0;
    set_levels(rows.rows, 1);
    const auto code_of = [&](const SeriesRun& run) {
      return tag == nullptr ? SeriesIndex::kNullCode : tag->codes[run.series];
    };
    std::vector<uint32_t> codes;
    for (const SeriesRun& run : rows.series)
      if (const uint32_t code = code_of(run); code != SeriesIndex::kNullCode && (codes.empty() || codes.back() != code))
        codes.push_back(code);
    std::ranges::sort(codes);
    const auto rest = std::ranges::unique(codes);
    codes.erase(rest.begin(), rest.end());
    uint64_t row = 0;
    for (const SeriesRun& run : rows.series) {
      const uint64_t begin = row;
      row += run.rows;
      if (const uint32_t code = code_of(run); code != SeriesIndex::kNullCode) {
        const auto position = static_cast<int32_t>(std::ranges::lower_bound(codes, code) - codes.begin());
        std::fill(indices.begin() + static_cast<ptrdiff_t>(begin), indices.begin() + static_cast<ptrdiff_t>(row),
                  position);
        continue;
      }
      nulls += static_cast<int64_t>(run.rows);
      uniform_level_ = -1;
      for (uint64_t at = begin; at < row; ++at) {
        levels_[at] = 0;
        validity[at / 8] = static_cast<uint8_t>(validity[at / 8] & ~(1U << (at % 8)));
      }
    }
    MAGNETITE_CHECK(row == rows.rows);
    // All buffers are borrowed: the column is written before they go.
    std::vector<int32_t> offsets{0};
    std::string text;
    for (const uint32_t code : codes) {
      text.append(tag->values[code]);
      offsets.push_back(static_cast<int32_t>(text.size()));
    }
    const auto dictionary = std::make_shared<arrow::StringArray>(
        static_cast<int64_t>(codes.size()), arrow::Buffer::Wrap(offsets), arrow::Buffer::FromString(text));
    const auto positions =
        std::make_shared<arrow::Int32Array>(static_cast<int64_t>(rows.rows), arrow::Buffer::Wrap(indices),
                                            nulls == 0 ? nullptr : arrow::Buffer::Wrap(validity), nulls);
    const arrow::DictionaryArray array(arrow::dictionary(arrow::int32(), arrow::utf8()), positions, dictionary);
    parquet::ArrowWriteContext context(arrow::default_memory_pool(), arrow_properties_.get());
    PARQUET_THROW_NOT_OK(
        column.WriteArrow(levels_.data(), nullptr, static_cast<int64_t>(rows.rows), array, &context, true));
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
      case model::ColumnType::kTag:
      case model::ColumnType::kString: {
        std::vector<parquet::ByteArray> texts(rows);
        if (vector.kind == ColumnVector::Kind::kFlat) {
          const auto* views = static_cast<const std::string_view*>(vector.data) + begin;
          for (uint64_t row = 0; row < rows; ++row) {
            // A text without an address would be left out of the statistics.
            const char* data = views[row].data() == nullptr ? "" : views[row].data();
            texts[row] = {static_cast<uint32_t>(views[row].size()), reinterpret_cast<const uint8_t*>(data)};
          }
        }
        return write_typed<parquet::ByteArrayType>(column, vector, begin, rows, texts.data());
      }
      case model::ColumnType::kInteger:
      case model::ColumnType::kUnsigned:
      case model::ColumnType::kTime:
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

  const schema::TableSchema& schema_;
  const std::vector<model::ColumnId> columns_;
  const ImageOptions options_;
  const std::shared_ptr<arrow::Schema> arrow_schema_;
  const std::shared_ptr<parquet::ArrowWriterProperties> arrow_properties_ = parquet::default_arrow_writer_properties();
  const std::shared_ptr<ImageStream> stream_;
  std::unique_ptr<parquet::ParquetFileWriter> file_;
  std::vector<uint64_t> checksums_;  // of the column chunks so far
  std::vector<int16_t> levels_;      // definition levels of the slice at hand
  int16_t uniform_level_ = -1;       // what all of levels_ are, if they are
};

ImageEncoder::ImageEncoder(ByteSink& sink, const schema::TableSchema& schema, std::vector<model::ColumnId> columns,
                           const ImageOptions& options)
    : impl_(std::make_unique<Impl>(sink, schema, std::move(columns), options)) {}
ImageEncoder::~ImageEncoder() = default;

const std::vector<model::ColumnId>& ImageEncoder::columns() const { return impl_->columns(); }
uint64_t ImageEncoder::bytes() const { return impl_->bytes(); }
Result<> ImageEncoder::write_group(const GroupRows& rows, const ChooseEncoding& encoding) {
  return impl_->write_group(rows, encoding);
}
Result<ImageFacts> ImageEncoder::finish(const SeriesIndex& index, const ImageIdentity& identity,
                                        const ClosingFacts& closing) {
  return impl_->finish(index, identity, closing);
}

}  // namespace magnetite::chunk
