#include "chunk/image.h"

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <fmt/format.h>
#include <parquet/column_reader.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include <algorithm>

#include "base/check.h"
#include "chunk/flat_column.h"
#include "chunk/image_column.h"
#include "chunk/image_format.h"
#include "chunk/image_parts.h"

namespace magnetite::chunk {
namespace {

// Columns this near to each other are fetched together: a request costs more than reading what lies between.
constexpr uint64_t kGapBytesMax = 64 * 1024;
constexpr uint64_t kReadBytesMax = 16 * 1024 * 1024;

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::kCorruption, fmt::format("the Parquet image is damaged: {}", what));
}

template <class T>
Result<T> named(Result<T> result, const std::string& name) {
  if (!result) return std::unexpected(std::move(result).error().with_context(name));
  return result;
}

Result<std::shared_ptr<const DecodedColumn>> decode_chunk(std::span<const std::byte> bytes, const ColumnChunk& chunk,
                                                          const ImageColumn& column, uint64_t rows) {
  try {
    const auto buffer =
        arrow::Buffer::Wrap(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int64_t>(bytes.size()));
    const parquet::ReaderProperties properties(arrow::default_memory_pool());
    std::unique_ptr<parquet::PageReader> pages =
        parquet::PageReader::Open(std::make_shared<arrow::io::BufferReader>(buffer), static_cast<int64_t>(rows),
                                  static_cast<parquet::Compression::type>(chunk.codec), properties, *column.descriptor);
    const std::shared_ptr<parquet::ColumnReader> reader =
        parquet::ColumnReader::Make(column.descriptor.get(), std::move(pages));
    return read_column(*reader, column.type, rows, chunk.nulls == Nulls::kNone);
  } catch (const std::exception& error) {
    return damaged(error.what());
  }
}

class ParquetImage final : public Image {
 public:
  // `bytes`: those of the source, all verified, or nullptr.
  ParquetImage(std::shared_ptr<const ImageParts> parts, std::shared_ptr<const ImageSource> source, ImageBytes bytes,
               bool fills_cache = true)
      : parts_(std::move(parts)), source_(std::move(source)), bytes_(std::move(bytes)), fills_cache_(fills_cache) {}

  const SeriesIndex& series() const override { return *parts_->index; }
  std::span<const RowGroup> row_groups() const override { return footer().row_groups; }
  model::TimeRange times() const override { return footer().facts.times; }
  std::span<const model::ColumnSummary> summaries() const override { return footer().summaries; }
  const ImageFooterFacts& facts() const override { return footer().facts; }
  uint64_t checksum() const override { return parts_->checksum; }
  uint64_t file_bytes() const override { return parts_->file_bytes; }
  const ImageBytes& bytes() const override { return bytes_; }
  uint64_t column_bytes(model::ColumnId id) const override {
    const auto column = footer().columns.find(id);
    if (column == footer().columns.end()) return 0;
    uint64_t bytes = 0;
    for (size_t group = 0; group < footer().row_groups.size(); ++group)
      bytes += footer().chunk(group, column->second).place.bytes;
    return bytes;
  }
  size_t memory_bytes() const override {
    return sizeof(*this) + footer().memory_bytes() + parts_->index->bytes() + (bytes_ == nullptr ? 0 : bytes_->size());
  }

  Result<std::shared_ptr<const DecodedColumn>> decode(size_t row_group, model::ColumnId id) const override {
    const auto it = footer().columns.find(id);
    MAGNETITE_CHECK(it != footer().columns.end() && it->second.type != model::ColumnType::kTag);
    return cached(row_group, id, [&]() -> Result<std::shared_ptr<const DecodedColumn>> {
      const ColumnChunk& chunk = footer().chunk(row_group, it->second);
      if (chunk.nulls == Nulls::kAll) return decoded_null(it->second.type, rows_of(row_group));
      MAGNETITE_TRY(const SourceBytes read, source_->read(chunk.place.offset, chunk.place.bytes));
      return decode_read(read.bytes, row_group, it->second);
    });
  }

  Result<> prefetch(size_t row_group, std::span<const model::ColumnId> ids) const override {
    std::vector<const std::pair<const model::ColumnId, ImageColumn>*> wanted;
    for (const model::ColumnId id : ids) {
      const auto it = footer().columns.find(id);
      if (it == footer().columns.end() || it->second.type == model::ColumnType::kTag) continue;
      if (footer().chunk(row_group, it->second).nulls == Nulls::kAll) continue;
      if (parts_->slot->cache->peek(parts_->slot->key, static_cast<uint32_t>(row_group), id.value) == nullptr)
        wanted.push_back(&*it);
    }
    std::ranges::sort(wanted, {}, [](const auto* column) { return column->second.position; });
    for (size_t first = 0; first < wanted.size();) {
      const FilePlace& begin = footer().chunk(row_group, wanted[first]->second).place;
      uint64_t end = begin.end();
      size_t next = first + 1;
      for (; next < wanted.size(); ++next) {
        const FilePlace& place = footer().chunk(row_group, wanted[next]->second).place;
        if (place.offset - end > kGapBytesMax || place.end() - begin.offset > kReadBytesMax) break;
        end = place.end();
      }
      MAGNETITE_TRY(const SourceBytes read, named(source_->read(begin.offset, end - begin.offset), name()));
      for (; first < next; ++first) {
        const auto& [id, column] = *wanted[first];
        const FilePlace& place = footer().chunk(row_group, column).place;
        if (read.bytes.size() != end - begin.offset) return named(Result<>(damaged("a read came back short")), name());
        MAGNETITE_RETURN_IF_ERROR(cached(row_group, id, [&] {
          return decode_read(read.bytes.subspan(place.offset - begin.offset, place.bytes), row_group, column);
        }));
      }
    }
    return {};
  }

  std::shared_ptr<const Image> for_one_pass() const override {
    return std::make_shared<ParquetImage>(parts_, source_, bytes_, false);
  }

  Result<std::shared_ptr<const Image>> with_source(std::shared_ptr<const ImageSource> source) const override {
    if (source->size() != parts_->file_bytes)
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("{} has {} bytes, the image {}", source->name(), source->size(), parts_->file_bytes));
    return std::make_shared<ParquetImage>(parts_, std::move(source), nullptr);
  }

  Result<std::shared_ptr<const Image>> with_bytes(ImageBytes bytes) const override {
    std::shared_ptr<const ImageSource> source = memory_source(bytes);
    MAGNETITE_TRY(const ImageEnd end, named(read_end(*source), name()));
    if (end.checksum != parts_->checksum || bytes->size() != parts_->file_bytes)
      return fail(ErrorCode::kCorruption, fmt::format("{}: its bytes are those of another image", name()));
    MAGNETITE_RETURN_IF_ERROR(named(verify_body(*source, end.footer), name()));
    return std::make_shared<ParquetImage>(parts_, std::move(source), std::move(bytes));
  }

 private:
  const ImageParts& parts() const override { return *parts_; }
  const std::shared_ptr<const ImageSource>& source() const override { return source_; }
  const ImageFooter& footer() const { return parts_->footer; }
  uint64_t rows_of(size_t row_group) const { return footer().row_groups[row_group].row_count; }

  std::string name() const {
    if (bytes_ == nullptr) return source_->name();
    const ImageIdentity& identity = facts().identity;
    return model::ChunkAddress{identity.database, facts().table, identity.partition_key, identity.chunk}.text();
  }

  Result<std::shared_ptr<const DecodedColumn>> cached(size_t row_group, model::ColumnId id,
                                                      const DecodedCache::Decode& decode) const {
    const CacheSlot& slot = *parts_->slot;
    const auto group = static_cast<uint32_t>(row_group);
    if (!fills_cache_) {
      if (std::shared_ptr<const DecodedColumn> known = slot.cache->peek(slot.key, group, id.value)) return known;
      return named(decode(), name());
    }
    return slot.cache->get(slot.key, group, id.value, [&] { return named(decode(), name()); });
  }

  Result<std::shared_ptr<const DecodedColumn>> decode_read(std::span<const std::byte> read, size_t row_group,
                                                           const ImageColumn& column) const {
    const ColumnChunk& chunk = footer().chunk(row_group, column);
    if (bytes_ == nullptr && (read.size() != chunk.place.bytes || checksum_of(read) != chunk.place.checksum))
      return damaged("the checksum of a column does not match");
    return decode_chunk(read, chunk, column, rows_of(row_group));
  }

  const std::shared_ptr<const ImageParts> parts_;
  const std::shared_ptr<const ImageSource> source_;
  const ImageBytes bytes_;
  const bool fills_cache_;
};

Result<std::shared_ptr<const ImageParts>> read_parts(const ImageSource& source, bool everything,
                                                     std::shared_ptr<const CacheSlot> slot) {
  MAGNETITE_TRY(ImageEnd end, read_end(source));
  if (everything) MAGNETITE_RETURN_IF_ERROR(verify_body(source, end.footer));
  auto parts = std::make_shared<ImageParts>();
  MAGNETITE_TRY(parts->index, read_series(source, end));
  parts->footer = std::move(end.footer);
  parts->file_bytes = source.size();
  parts->checksum = end.checksum;
  parts->slot = std::move(slot);
  return parts;
}

}  // namespace

Result<std::shared_ptr<const Image>> open_image(std::shared_ptr<const ImageSource> source,
                                                std::shared_ptr<const CacheSlot> slot) {
  MAGNETITE_TRY(std::shared_ptr<const ImageParts> parts,
                named(read_parts(*source, false, std::move(slot)), source->name()));
  return std::make_shared<ParquetImage>(std::move(parts), std::move(source), nullptr);
}

Result<std::shared_ptr<const Image>> Image::open(ImageBytes bytes, std::shared_ptr<DecodedCache> cache) {
  std::shared_ptr<const ImageSource> source = memory_source(bytes);
  MAGNETITE_TRY(std::shared_ptr<const ImageParts> parts,
                read_parts(*source, true, std::make_shared<const CacheSlot>(std::move(cache))));
  return std::make_shared<ParquetImage>(std::move(parts), std::move(source), std::move(bytes));
}

Result<std::shared_ptr<const Image>> Image::open(std::shared_ptr<const ImageSource> source,
                                                 std::shared_ptr<DecodedCache> cache) {
  return open_image(std::move(source), std::make_shared<const CacheSlot>(std::move(cache)));
}

Result<ImageOutline> read_outline(const ImageSource& source) {
  MAGNETITE_TRY(ImageEnd end, named(read_end(source), source.name()));
  ImageOutline outline{std::move(end.footer.facts), {}, end.checksum};
  for (const auto& [id, column] : end.footer.columns)
    outline.columns.push_back({id, column.descriptor->name(), column.type});
  return outline;
}

Result<> verify_image(const ImageSource& source) {
  const auto verify = [&]() -> Result<> {
    MAGNETITE_TRY(ImageEnd end, read_end(source));
    MAGNETITE_RETURN_IF_ERROR(verify_body(source, end.footer));
    MAGNETITE_RETURN_IF_ERROR(read_series(source, end));
    return {};
  };
  return named(verify(), source.name());
}

}  // namespace magnetite::chunk
