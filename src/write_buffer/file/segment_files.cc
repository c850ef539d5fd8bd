#include "write_buffer/file/segment_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace magnetite::write_buffer {
namespace {

constexpr std::string_view kSuffix = ".log";
constexpr std::string_view kSpareSuffix = ".spare";
constexpr size_t kNameDigits = 16;

Result<> write_zeroes(File& file, uint64_t bytes) {
  const uint64_t piece = std::min<uint64_t>(format::aligned(bytes), 1 << 20);
  const format::BlockMemory memory = format::make_block_memory(piece);
  const std::span zeroes(memory.get(), piece);
  std::ranges::fill(zeroes, std::byte{0});
  for (uint64_t offset = 0; offset < bytes; offset += piece)
    MAGNETITE_RETURN_IF_ERROR(file.write_at(offset, zeroes.first(std::min(piece, bytes - offset))));
  return file.sync_data();
}

}  // namespace

std::string segment_path(const std::string& folder, uint64_t segment) {
  return fmt::format("{}/{:016}{}", folder, segment, kSuffix);
}

std::string spare_path(const std::string& folder, uint64_t segment) {
  return fmt::format("{}/{:016}{}", folder, segment, kSpareSuffix);
}

bool is_spare(std::string_view file_name) { return file_name.ends_with(kSpareSuffix); }

std::optional<uint64_t> segment_of(std::string_view file_name) {
  if (!file_name.ends_with(kSuffix) || file_name.size() != kNameDigits + kSuffix.size()) return std::nullopt;
  uint64_t segment = 0;
  const char* end = file_name.data() + kNameDigits;
  const auto [stop, code] = std::from_chars(file_name.data(), end, segment);
  if (code != std::errc() || stop != end) return std::nullopt;
  return segment;
}

std::unexpected<Error> segment_damage(const std::string& path, uint64_t offset, std::string_view what) {
  return fail(
      ErrorCode::kCorruption,
      fmt::format("{} at offset {}: {}; the log was left as it is, restore the file, or move the folder away to "
                  "start without what it holds",
                  path, offset, what));
}

Result<> make_zeroed_file(Disk& disk, const std::string& path, uint64_t bytes) {
  if (auto removed = disk.remove(path); !removed && removed.error().code() != ErrorCode::kNotFound) return removed;
  // Rather than fill a full disk to the brim each time this is tried.
  const size_t slash = path.rfind('/');
  if (const auto space = disk.space(slash == path.npos ? "." : path.substr(0, slash));
      space && space->available_bytes < bytes)
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("{}: {} bytes are needed, {} are free", path, bytes, space->available_bytes));
  MAGNETITE_RETURN_IF_ERROR(disk.open(path, OpenMode::kCreate));
  // Directly: what is overwritten before it is ever read must not fill the page cache.
  const auto written = disk.open(path, OpenMode::kWriteDirect).and_then([&](std::unique_ptr<File> file) {
    return write_zeroes(*file, bytes);
  });
  if (!written) static_cast<void>(disk.remove(path));  // gives the space back; what is reported is why
  return written;
}

Result<> write_segment_header(File& file, const format::SegmentHeader& header) {
  std::array<std::byte, format::kHeaderBytes> bytes;
  format::encode(header, bytes);
  MAGNETITE_RETURN_IF_ERROR(file.write_at(0, bytes));
  return file.write_at(format::kHeaderCopyOffset, bytes);
}

Result<format::SegmentHeader> read_segment_header(File& file, const std::string& path) {
  std::array<std::byte, format::kHeaderBytes> bytes;
  for (const uint64_t offset : {uint64_t{0}, format::kHeaderCopyOffset}) {
    if (auto read = file.read_at(offset, bytes); !read) {
      if (read.error().code() == ErrorCode::kInvalidInput) break;  // the file is too short
      return std::unexpected(std::move(read).error());
    }
    auto header = format::decode_segment_header(bytes);
    if (header) return header;
    if (header.error().code() != ErrorCode::kCorruption)
      return std::unexpected(std::move(header).error().with_context(path));
  }
  return segment_damage(path, 0, "both copies of the segment's header are damaged");
}

}  // namespace magnetite::write_buffer
