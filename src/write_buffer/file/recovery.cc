#include "write_buffer/file/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "write_buffer/file/batch_reader.h"
#include "write_buffer/file/segment_files.h"

namespace magnetite::write_buffer {
namespace {

using format::kBatchAlignment;
using format::kBatchHeaderBytes;
using format::kDataOffset;
using format::SegmentHeader;

void raise(std::vector<uint64_t>& numbers, const std::vector<uint64_t>& at_least) {
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = std::max(numbers[i], at_least[i]);
}

// One segment's batches, one after another.
class SegmentScan {
 public:
  SegmentScan(File& file, std::string path, const SegmentHeader& header)
      : file_(file),
        path_(std::move(path)),
        header_(header),
        seed_(format::checksum_seed(header.log_id, header.segment)),
        reader_(file, seed_, header.file_bytes),
        numbers_(header.first_numbers),
        durable_numbers_(numbers_) {}

  // Goes over intact batches up to `limit`.
  Result<> run(uint64_t limit) {
    while (end_ < limit) {
      MAGNETITE_TRY(const auto batch, reader_.batch_at(end_));
      if (!batch || batch->header.end() > limit) return {};
      if (batch->header.synced_offset > end_) return damage("the batch says that it was synced before it was written");
      while (!boundaries_.empty() && boundaries_.front().offset <= batch->header.synced_offset) {
        durable_end_ = boundaries_.front().offset;
        durable_numbers_ = std::move(boundaries_.front().numbers);
        boundaries_.erase(boundaries_.begin());
      }
      MAGNETITE_RETURN_IF_ERROR(note_numbers(*batch));
      end_ = batch->header.end();
      boundaries_.push_back({end_, numbers_, batch->header.record_count > 0});
    }
    return {};
  }

  // Looks for batches behind the first damage: they are cut, unless they prove that what is damaged was synced. Most of
  // what is found are zeroes or an earlier life of the file, neither of which verifies.
  Result<> inspect_rest() {
    constexpr uint64_t kPieceBytes = 1 << 20;
    std::vector<std::byte> piece;
    for (uint64_t offset = end_; offset < header_.file_bytes; offset += kPieceBytes) {
      // Reaches into the next piece, so that a header on the border is seen whole.
      piece.resize(std::min(kPieceBytes + kBatchHeaderBytes - kBatchAlignment, header_.file_bytes - offset));
      MAGNETITE_RETURN_IF_ERROR(file_.read_at(offset, piece));
      for (size_t at = 0; at + kBatchHeaderBytes <= piece.size(); at += kBatchAlignment) {
        const auto bytes = std::span(piece).subspan(at).first<kBatchHeaderBytes>();
        if (!format::may_be_batch(bytes)) continue;
        const auto header = format::decode_batch_header(bytes, seed_, offset + at, header_.file_bytes);
        if (!header) continue;
        is_clean_ = false;
        if (header->synced_offset > end_)
          return damage(fmt::format("damaged, although data up to offset {} was synced", header->synced_offset));
        MAGNETITE_TRY(const auto body, reader_.body_of(*header));
        if (body) note_cut_numbers(*body, header->record_count);
      }
    }
    return {};
  }

  uint64_t end() const { return end_; }
  uint64_t durable_end() const { return durable_end_; }
  const std::vector<uint64_t>& numbers() const { return numbers_; }
  std::unexpected<Error> damage(std::string_view what) const { return segment_damage(path_, end_, what); }

  RecoveredTail tail() {
    const bool has_records = std::ranges::any_of(boundaries_, &Boundary::has_records);
    return {end_, has_records, is_clean_, durable_numbers_};
  }

 private:
  // Ends of batches that no later batch has declared durable yet.
  struct Boundary {
    uint64_t offset;
    std::vector<uint64_t> numbers;
    bool has_records;
  };

  Result<> note_numbers(const BatchReader::Batch& batch) {
    format::RecordCursor cursor(batch.body, batch.header.record_count);
    while (true) {
      const auto view = cursor.next();
      if (!view) return damage(view.error().message());
      if (!*view) return {};
      const model::Sequence sequence = (*view)->stored_at.sequence;
      if (sequence.sequencer.value >= numbers_.size() || sequence.number.value < numbers_[sequence.sequencer.value])
        return damage("a record's sequence is out of order");
      numbers_[sequence.sequencer.value] = sequence.number.value + 1;
    }
  }
  void note_cut_numbers(std::span<const std::byte> body, uint32_t record_count) {
    format::RecordCursor cursor(body, record_count);
    for (auto view = cursor.next(); view && *view; view = cursor.next()) {
      const model::Sequence sequence = (*view)->stored_at.sequence;
      if (sequence.sequencer.value >= numbers_.size()) continue;
      uint64_t& number = numbers_[sequence.sequencer.value];
      number = std::max(number, sequence.number.value + 1);
    }
  }

  File& file_;
  const std::string path_;
  const SegmentHeader& header_;
  const uint64_t seed_;
  BatchReader reader_;
  uint64_t end_ = kDataOffset;
  uint64_t durable_end_ = kDataOffset;
  std::vector<uint64_t> numbers_;
  std::vector<uint64_t> durable_numbers_;
  std::vector<Boundary> boundaries_;
  bool is_clean_ = true;
};

Result<std::vector<SegmentHeader>> read_headers(Disk& disk, const std::string& folder,
                                                const std::vector<uint64_t>& numbers) {
  std::vector<SegmentHeader> headers;
  for (const uint64_t number : numbers) {
    const std::string path = segment_path(folder, number);
    MAGNETITE_TRY(const std::unique_ptr<File> file, disk.open(path, OpenMode::kRead));
    MAGNETITE_TRY(SegmentHeader header, read_segment_header(*file, path));
    MAGNETITE_TRY(const uint64_t file_bytes, file->size());
    if (header.segment != number) return segment_damage(path, 0, "the file has another segment's name");
    if (file_bytes < header.file_bytes)
      return segment_damage(path, file_bytes, fmt::format("the file ends here, it had {} bytes", header.file_bytes));
    if (!headers.empty()) {
      const SegmentHeader& previous = headers.back();
      if (previous.segment + 1 != number)
        return segment_damage(path, 0, fmt::format("segment {} before it is missing", number - 1));
      if (header.log_id != previous.log_id || header.first_numbers.size() != previous.first_numbers.size())
        return segment_damage(path, 0, "the segment belongs to another log");
    }
    headers.push_back(std::move(header));
  }
  return headers;
}

}  // namespace

Result<RecoveredLog> recover_log(Disk& disk, const std::string& folder, Verify closed_segments) {
  RecoveredLog log;
  std::vector<uint64_t> numbers;
  MAGNETITE_TRY(const std::vector<DirectoryEntry> entries, disk.list(folder));
  for (const DirectoryEntry& entry : entries) {
    const std::string path = folder + "/" + entry.name;
    if (is_spare(entry.name))
      log.spares.push_back({path, entry.size_bytes});
    else if (entry.name.ends_with(kPassingSuffix))
      log.leftovers.push_back(path);
    if (const auto segment = segment_of(entry.name)) numbers.push_back(*segment);
  }
  MAGNETITE_TRY(const std::vector<SegmentHeader> headers, read_headers(disk, folder, numbers));
  if (headers.empty()) return log;

  log.log_id = headers[0].log_id;
  log.next_numbers.resize(headers[0].next_numbers.size());
  for (size_t i = 0; i < headers.size(); ++i) {
    const SegmentHeader& header = headers[i];
    const std::string path = segment_path(folder, header.segment);
    MAGNETITE_TRY(const std::unique_ptr<File> file, disk.open(path, OpenMode::kRead));
    SegmentScan scan(*file, path, header);
    raise(log.next_numbers, header.next_numbers);
    uint64_t end = 0;
    if (i + 1 < headers.size()) {
      end = headers[i + 1].previous_end;
      if (closed_segments == Verify::kAll) {
        MAGNETITE_RETURN_IF_ERROR(scan.run(end));
        if (scan.end() != end)
          return scan.damage(fmt::format("damaged, although data up to offset {} was synced", end));
      }
    } else {
      MAGNETITE_RETURN_IF_ERROR(scan.run(header.file_bytes));
      MAGNETITE_RETURN_IF_ERROR(scan.inspect_rest());
      log.tail = scan.tail();
      end = scan.durable_end();
    }
    raise(log.next_numbers, scan.numbers());
    log.segments.push_back({header.segment, end, header.file_bytes, header.first_numbers});
  }
  return log;
}

}  // namespace magnetite::write_buffer
