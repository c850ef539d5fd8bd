#include "write_buffer/file/segment_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/crash_point.h"

namespace magnetite::write_buffer {
namespace {

using format::BatchHeader;
using format::kBatchAlignment;
using format::kBatchHeaderBytes;
using format::kDataOffset;
using format::SegmentHeader;

constexpr std::string_view kSuffix = ".log";
constexpr std::string_view kPreparedSuffix = ".new";
constexpr size_t kNameDigits = 16;

std::optional<uint64_t> segment_of(std::string_view name) {
  if (!name.ends_with(kSuffix) || name.size() != kNameDigits + kSuffix.size()) return std::nullopt;
  uint64_t segment = 0;
  const auto [stop, code] = std::from_chars(name.data(), name.data() + kNameDigits, segment);
  if (code != std::errc() || stop != name.data() + kNameDigits) return std::nullopt;
  return segment;
}

std::unexpected<Error> corrupt(const std::string& path, uint64_t offset, std::string_view what) {
  return fail(ErrorCode::kCorruption,
              fmt::format("{} at offset {}: {}; the file was left as it is, restore it or move the log folder away to start "
                          "without its data", path, offset, what));
}

Result<SegmentHeader> read_header(File& file, const std::string& path) {
  std::array<std::byte, format::kHeaderBytes> bytes;
  for (const uint64_t offset : {uint64_t{0}, format::kHeaderCopyOffset}) {
    if (!file.read_at(offset, bytes)) continue;
    if (auto header = format::decode_segment_header(bytes)) return *std::move(header);
  }
  return corrupt(path, 0, "both copies of the segment's header are damaged");
}

// Reads batches one after another into a reusable buffer.
class SegmentScan {
 public:
  SegmentScan(File& file, uint64_t file_bytes, const model::Uuid& log_id, uint64_t segment)
      : file_(file), file_bytes_(file_bytes), log_id_(log_id), segment_(segment) {}

  // The intact batch at `offset`, or nullopt.
  Result<std::optional<BatchHeader>> batch_at(uint64_t offset) {
    if (offset + kBatchHeaderBytes > file_bytes_) return std::optional<BatchHeader>();
    std::array<std::byte, kBatchHeaderBytes> head;
    MAGNETITE_RETURN_IF_ERROR(file_.read_at(offset, head));
    const std::optional<BatchHeader> header = format::decode_batch_header(head, offset, file_bytes_);
    if (!header) return std::optional<BatchHeader>();
    bytes_.resize(kBatchHeaderBytes + header->body_bytes);
    MAGNETITE_RETURN_IF_ERROR(file_.read_at(offset, bytes_));
    if (!format::is_intact(bytes_, log_id_, segment_)) return std::optional<BatchHeader>();
    return header;
  }

  std::span<const std::byte> body() const { return std::span(bytes_).subspan(kBatchHeaderBytes); }

 private:
  File& file_;
  const uint64_t file_bytes_;
  const model::Uuid log_id_;
  const uint64_t segment_;
  std::vector<std::byte> bytes_;
};

struct TailInspection {
  bool all_zero = true;
  uint64_t synced_offset_max = 0;  // recorded by intact batches behind the damage
};

// Looks at everything behind the first place that is no batch.
Result<TailInspection> inspect_tail(File& file, uint64_t from, uint64_t file_bytes, SegmentScan& scan) {
  TailInspection tail;
  constexpr uint64_t kPieceBytes = 1 << 20;
  std::vector<std::byte> piece;
  for (uint64_t offset = from; offset < file_bytes; offset += kPieceBytes) {
    piece.resize(std::min(kPieceBytes, file_bytes - offset));
    MAGNETITE_RETURN_IF_ERROR(file.read_at(offset, piece));
    if (std::ranges::all_of(piece, [](std::byte b) { return b == std::byte{0}; })) continue;
    tail.all_zero = false;
    // Batches start at multiples of the alignment, whatever the damage before them.
    const uint64_t first = (offset + kBatchAlignment - 1) / kBatchAlignment * kBatchAlignment;
    for (uint64_t at = first; at < offset + piece.size(); at += kBatchAlignment) {
      if (piece[at - offset] == std::byte{0}) continue;
      MAGNETITE_TRY(const std::optional<BatchHeader> header, scan.batch_at(at));
      if (header) tail.synced_offset_max = std::max(tail.synced_offset_max, header->synced_offset);
    }
  }
  return tail;
}

Result<> note_numbers(std::span<const std::byte> body, const BatchHeader& header, const std::string& path,
                      std::vector<uint64_t>& next_numbers) {
  format::RecordCursor cursor(body, header.record_count);
  while (true) {
    auto view = cursor.next();
    if (!view) return corrupt(path, header.offset, view.error().message());
    if (!*view) return {};
    const model::Sequence sequence = (*view)->stored_at.sequence;
    if (sequence.sequencer.value >= next_numbers.size() ||
        sequence.number.value < next_numbers[sequence.sequencer.value])
      return corrupt(path, header.offset, "a record's sequence is out of order");
    next_numbers[sequence.sequencer.value] = sequence.number.value + 1;
  }
}

}  // namespace

std::string segment_path(const std::string& folder, uint64_t segment) {
  return fmt::format("{}/{:016}{}", folder, segment, kSuffix);
}

Result<> prepare_segment_file(Disk& disk, const std::string& path, uint64_t bytes) {
  if (auto removed = disk.remove(path); !removed && removed.error().code() != ErrorCode::kNotFound) return removed;
  MAGNETITE_TRY(const std::unique_ptr<File> file, disk.open(path, OpenMode::kCreate));
  // Written, not only reserved: overwriting blocks that exist makes fdatasync cheap.
  const std::vector<std::byte> zeroes(std::min<uint64_t>(bytes, 1 << 20));
  for (uint64_t offset = 0; offset < bytes; offset += zeroes.size()) {
    const size_t size = std::min<uint64_t>(zeroes.size(), bytes - offset);
    if (auto written = file->write_at(offset, std::span(zeroes).first(size)); !written) {
      static_cast<void>(disk.remove(path));  // give the space back; the error is reported
      return written;
    }
  }
  return file->sync_data();
}

Result<std::unique_ptr<File>> publish_segment(Disk& disk, const std::string& folder, const std::string& prepared_path,
                                              const SegmentHeader& header) {
  MAGNETITE_TRY(std::unique_ptr<File> file, disk.open(prepared_path, OpenMode::kReadWrite));
  std::array<std::byte, format::kHeaderBytes> bytes;
  format::encode(header, bytes);
  MAGNETITE_RETURN_IF_ERROR(file->write_at(0, bytes));
  MAGNETITE_RETURN_IF_ERROR(file->write_at(format::kHeaderCopyOffset, bytes));
  MAGNETITE_RETURN_IF_ERROR(file->sync_data());
  MAGNETITE_CRASH_POINT("log.segment_created");
  MAGNETITE_RETURN_IF_ERROR(disk.rename(prepared_path, segment_path(folder, header.segment)));
  MAGNETITE_RETURN_IF_ERROR(disk.sync_directory(folder));
  MAGNETITE_CRASH_POINT("log.segment_published");
  return file;
}

Result<RecoveredLog> recover_segments(Disk& disk, const std::string& folder) {
  RecoveredLog log;
  MAGNETITE_TRY(const std::vector<DirectoryEntry> entries, disk.list(folder));
  std::vector<std::pair<uint64_t, uint64_t>> found;  // segment, bytes
  for (const DirectoryEntry& entry : entries) {
    if (entry.name.ends_with(kPreparedSuffix))
      MAGNETITE_RETURN_IF_ERROR(disk.remove(folder + "/" + entry.name));
    else if (const auto segment = segment_of(entry.name))
      found.emplace_back(*segment, entry.size_bytes);
  }
  std::vector<SegmentHeader> headers;
  for (size_t i = 0; i < found.size(); ++i) {
    const std::string path = segment_path(folder, found[i].first);
    if (i > 0 && found[i].first != found[i - 1].first + 1)
      return corrupt(path, 0, fmt::format("segment {} before it is missing", found[i].first - 1));
    MAGNETITE_TRY(const std::unique_ptr<File> file, disk.open(path, OpenMode::kRead));
    MAGNETITE_TRY(SegmentHeader header, read_header(*file, path));
    if (header.segment != found[i].first ||
        (i > 0 && (header.log_id != log.log_id || header.next_numbers.size() != headers[0].next_numbers.size())))
      return corrupt(path, 0, "the segment belongs to another place or log");
    log.log_id = header.log_id;
    headers.push_back(std::move(header));
  }
  for (size_t i = 0; i < found.size(); ++i) {
    const std::string path = segment_path(folder, found[i].first);
    MAGNETITE_TRY(const std::unique_ptr<File> file, disk.open(path, OpenMode::kRead));
    const bool last = i + 1 == found.size();
    const uint64_t known_end = last ? UINT64_MAX : headers[i + 1].previous_end;
    SegmentScan scan(*file, found[i].second, log.log_id, found[i].first);
    log.next_numbers.resize(headers[i].next_numbers.size());
    for (size_t s = 0; s < log.next_numbers.size(); ++s)
      log.next_numbers[s] = std::max(log.next_numbers[s], headers[i].next_numbers[s]);

    uint64_t end = kDataOffset;
    while (end < known_end) {
      MAGNETITE_TRY(const std::optional<BatchHeader> header, scan.batch_at(end));
      if (!header || header->end() > known_end) break;
      MAGNETITE_RETURN_IF_ERROR(note_numbers(scan.body(), *header, path, log.next_numbers));
      end = header->end();
    }
    if (!last && end != known_end) return corrupt(path, end, fmt::format("data up to offset {} was synced", known_end));
    if (last) {
      MAGNETITE_TRY(const TailInspection tail, inspect_tail(*file, end, found[i].second, scan));
      if (tail.synced_offset_max > end)
        return corrupt(path, end, fmt::format("data up to offset {} was synced", tail.synced_offset_max));
      log.tail_is_clean = tail.all_zero;
    }
    log.segments.push_back({found[i].first, end, found[i].second, headers[i].next_numbers});
  }
  return log;
}

}  // namespace magnetite::write_buffer
