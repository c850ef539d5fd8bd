#include "chunk/image_parts.h"

#include <fmt/format.h>
#include <parquet/metadata.h>

#include <algorithm>

#include "chunk/image_format.h"

namespace magnetite::chunk {
namespace {

// One read usually gets the footer and the series of a chunk of a few thousand series.
constexpr uint64_t kEndBytesGuess = 64 * 1024;

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::kCorruption, fmt::format("the Parquet image is damaged: {}", what));
}

Result<> check_size(const SourceBytes& read, uint64_t bytes) {
  return read.bytes.size() == bytes ? Result<>() : damaged("it is shorter than its source said");
}

// [begin, end of file), of which `end.held` may have a part already.
Result<> hold_from(const ImageSource& source, uint64_t begin, ImageEnd& end) {
  if (end.held.owner != nullptr && begin >= end.held_begin) return {};
  MAGNETITE_TRY(end.held, source.read(begin, source.size() - begin));
  end.held_begin = begin;
  return check_size(end.held, source.size() - begin);
}

Result<ImageFooter> parse(std::span<const std::byte> footer, uint64_t tail_begin) {
  try {
    auto bytes = static_cast<uint32_t>(footer.size());
    const std::shared_ptr<parquet::FileMetaData> metadata = parquet::FileMetaData::Make(footer.data(), &bytes);
    return parse_footer(*metadata, tail_begin);
  } catch (const std::exception& error) {
    return damaged(error.what());
  }
}

}  // namespace

Result<ImageEnd> read_end(const ImageSource& source) {
  const uint64_t size = source.size();
  if (size < kParquetMagic.size() + kParquetEndBytes) return damaged("it is too short");
  ImageEnd end;
  MAGNETITE_RETURN_IF_ERROR(hold_from(source, size - std::min(size, kEndBytesGuess), end));
  MAGNETITE_TRY(const uint64_t footer_bytes, footer_bytes_of(end.held.bytes, size));
  const uint64_t footer_begin = size - kParquetEndBytes - footer_bytes;
  MAGNETITE_RETURN_IF_ERROR(hold_from(source, footer_begin, end));
  MAGNETITE_TRY(const Seal seal, find_seal(end.held.bytes.subspan(footer_begin - end.held_begin)));
  if (seal.tail_begin > footer_begin) return damaged("its checksum covers less than its footer");
  MAGNETITE_RETURN_IF_ERROR(hold_from(source, seal.tail_begin, end));
  MAGNETITE_RETURN_IF_ERROR(verify_seal(end.held.bytes.subspan(seal.tail_begin - end.held_begin)));
  end.tail_begin = seal.tail_begin;
  end.checksum = seal.checksum;
  MAGNETITE_TRY(end.footer, parse(end.held.bytes.subspan(footer_begin - end.held_begin, footer_bytes), end.tail_begin));
  return end;
}

Result<std::unique_ptr<const SeriesIndex>> read_series(const ImageSource& source, ImageEnd& end) {
  const FilePlace& place = end.footer.series_index;
  MAGNETITE_RETURN_IF_ERROR(hold_from(source, place.offset, end));
  const std::span<const std::byte> bytes = end.held.bytes.subspan(place.offset - end.held_begin, place.bytes);
  if (checksum_of(bytes) != place.checksum) return damaged("the checksum of its series index does not match");
  MAGNETITE_TRY(std::unique_ptr<const SeriesIndex> index, decode_series(bytes));
  MAGNETITE_RETURN_IF_ERROR(add_tag_summaries(*index, end.footer));
  return index;
}

Result<> verify_body(const ImageSource& source, const ImageFooter& footer) {
  const auto check = [&](const FilePlace& place, const char* what) -> Result<> {
    MAGNETITE_TRY(const SourceBytes read, source.read(place.offset, place.bytes));
    MAGNETITE_RETURN_IF_ERROR(check_size(read, place.bytes));
    return checksum_of(read.bytes) == place.checksum ? Result<>() : damaged(what);
  };
  MAGNETITE_TRY(const SourceBytes magic, source.read(0, kParquetMagic.size()));
  if (!std::ranges::equal(magic.bytes, std::as_bytes(std::span(kParquetMagic))))
    return damaged("it does not begin as Parquet files do");
  for (const ColumnChunk& chunk : footer.chunks)
    MAGNETITE_RETURN_IF_ERROR(check(chunk.place, "the checksum of a column does not match"));
  return check(footer.series_index, "the checksum of its series index does not match");
}

}  // namespace magnetite::chunk
