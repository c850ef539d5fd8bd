#include <zstd.h>

#include <bit>
#include <cstring>

#include "chunk/image_format.h"

namespace magnetite::chunk {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "MSI1";
constexpr size_t kHeaderBytes = 12;  // magic, size once decompressed
constexpr uint64_t kRawBytesMax = uint64_t{1} << 36;

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// Bytes that hold every number up to `max`: 1, 2, 4 or 8.
uint8_t width_for(uint64_t max) { return max <= UINT8_MAX ? 1 : max <= UINT16_MAX ? 2 : max <= UINT32_MAX ? 4 : 8; }

void put_sized(std::string& out, uint64_t value, uint8_t width) {
  out.append(reinterpret_cast<const char*>(&value), width);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  T take() {
    T value{};
    if (const char* at = take_bytes(sizeof(T)); at != nullptr) std::memcpy(&value, at, sizeof(T));
    return value;
  }
  uint64_t take_sized(uint8_t width) {
    uint64_t value = 0;
    if (const char* at = take_bytes(width); at != nullptr) std::memcpy(&value, at, width);
    return value;
  }
  const char* take_bytes(size_t count) {
    if (count > rest_.size()) {
      failed_ = true;
      return nullptr;
    }
    const char* at = rest_.data();
    rest_.remove_prefix(count);
    return at;
  }
  // Are there `count` items of `width` bytes? Asked before memory is taken for them.
  bool has(uint64_t count, uint64_t width) {
    if (width != 0 && count > rest_.size() / width) failed_ = true;
    return !failed_;
  }
  bool failed() const { return failed_; }
  bool done() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

std::unexpected<Error> damaged(const char* what) {
  return fail(ErrorCode::kCorruption, std::string("the series index of the Parquet image is damaged: ") + what);
}

bool is_width(uint8_t width) { return width == 1 || width == 2 || width == 4 || width == 8; }

bool read_tag(Reader& in, uint64_t series, SeriesIndex::TagColumn& tag) {
  tag.column = model::ColumnId{in.take<uint32_t>()};
  const auto value_count = in.take<uint32_t>();
  if (value_count == SeriesIndex::kNullCode || !in.has(value_count, sizeof(uint32_t))) return false;
  std::vector<uint32_t> lengths(value_count);
  for (uint32_t& length : lengths) length = in.take<uint32_t>();
  tag.values.reserve(value_count);
  for (const uint32_t length : lengths) {
    const char* text = in.take_bytes(length);
    if (text == nullptr) return false;
    const std::string_view value(text, length);
    if (!tag.values.empty() && tag.values.back() >= value) return false;
    tag.values.push_back(value);
  }
  const auto width = in.take<uint8_t>();
  if (!is_width(width) || !in.has(series, width)) return false;
  tag.codes.resize(series);
  for (uint32_t& code : tag.codes) {
    const uint64_t stored = in.take_sized(width);  // 0 = NULL
    if (stored > value_count) return false;
    code = stored == 0 ? SeriesIndex::kNullCode : static_cast<uint32_t>(stored - 1);
  }
  return !in.failed();
}

}  // namespace

std::string encode_series(const SeriesIndex& index) {
  std::string raw;
  put(raw, static_cast<uint32_t>(index.key().tags.size()));
  for (const model::ColumnId column : index.key().tags) put(raw, column.value);
  const size_t series = index.series_count();
  put(raw, static_cast<uint64_t>(series));
  uint64_t rows_max = 0;
  for (size_t i = 0; i < series; ++i) rows_max = std::max(rows_max, index.end_row(i) - index.first_row(i));
  const uint8_t rows_width = width_for(rows_max);
  put(raw, rows_width);
  for (size_t i = 0; i < series; ++i) put_sized(raw, index.end_row(i) - index.first_row(i), rows_width);
  put(raw, static_cast<uint32_t>(index.tag_columns().size()));
  for (const SeriesIndex::TagColumn& tag : index.tag_columns()) {
    put(raw, tag.column.value);
    put(raw, static_cast<uint32_t>(tag.values.size()));
    for (const std::string_view value : tag.values) put(raw, static_cast<uint32_t>(value.size()));
    for (const std::string_view value : tag.values) raw.append(value);
    const uint8_t width = width_for(tag.values.size());
    put(raw, width);
    for (const uint32_t code : tag.codes) put_sized(raw, code + uint32_t{1}, width);  // NULL becomes 0
  }
  std::string out(kMagic);
  put(out, static_cast<uint64_t>(raw.size()));
  out.resize(kHeaderBytes + ZSTD_compressBound(raw.size()));
  const size_t size = ZSTD_compress(out.data() + kHeaderBytes, out.size() - kHeaderBytes, raw.data(), raw.size(), 3);
  out.resize(kHeaderBytes + size);
  return out;
}

Result<std::unique_ptr<SeriesIndex>> decode_series(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.size() < kHeaderBytes || !text.starts_with(kMagic)) return damaged("it does not begin as one");
  uint64_t raw_bytes = 0;
  std::memcpy(&raw_bytes, text.data() + kMagic.size(), sizeof(raw_bytes));
  const std::string_view frame = text.substr(kHeaderBytes);
  if (raw_bytes > kRawBytesMax || ZSTD_getFrameContentSize(frame.data(), frame.size()) != raw_bytes)
    return damaged("its size is not what it says");
  auto raw = std::make_shared<std::string>(raw_bytes, '\0');
  if (ZSTD_decompress(raw->data(), raw->size(), frame.data(), frame.size()) != raw_bytes)
    return damaged("it does not decompress");

  Reader in(*raw);
  SortKey key;
  const auto key_tags = in.take<uint32_t>();
  if (!in.has(key_tags, sizeof(uint32_t))) return damaged("sort key");
  for (uint32_t i = 0; i < key_tags; ++i) key.tags.push_back(model::ColumnId{in.take<uint32_t>()});
  const auto series = in.take<uint64_t>();
  const auto rows_width = in.take<uint8_t>();
  if (!is_width(rows_width) || !in.has(series, rows_width)) return damaged("series");
  std::vector<uint64_t> offsets{0};
  offsets.reserve(series + 1);
  for (uint64_t i = 0; i < series; ++i) {
    const uint64_t rows = in.take_sized(rows_width);
    if (rows == 0 || rows > UINT64_MAX / 2 - offsets.back()) return damaged("row counts");
    offsets.push_back(offsets.back() + rows);
  }
  const auto tag_columns = in.take<uint32_t>();
  if (tag_columns > key.tags.size()) return damaged("tag columns");
  std::vector<SeriesIndex::TagColumn> tags(tag_columns);
  size_t key_position = 0;
  for (SeriesIndex::TagColumn& tag : tags) {
    if (!read_tag(in, series, tag)) return damaged("tags");
    while (key_position < key.tags.size() && key.tags[key_position] != tag.column) ++key_position;
    if (key_position++ == key.tags.size()) return damaged("a tag outside the sort key");
  }
  if (!in.done()) return damaged("its end");
  return std::make_unique<SeriesIndex>(std::move(key), std::move(tags), std::move(offsets), std::move(raw));
}

}  // namespace magnetite::chunk
