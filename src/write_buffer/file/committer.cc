#include "write_buffer/file/committer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/crash_point.h"
#include "base/logging.h"
#include "base/planted_bug.h"
#include "write_buffer/file/batch_reader.h"
#include "write_buffer/file/segment_files.h"

namespace magnetite::write_buffer {
namespace {

using format::kDataOffset;

// Small databases keep small logs; a busy one grows to full segments quickly.
constexpr uint64_t kSmallSegmentBytes = 1 << 20;
constexpr uint64_t kSegmentGrowth = 8;
constexpr std::chrono::seconds kIdleRecordDelay{1};
constexpr std::chrono::seconds kIdleCloseDelay{30};
constexpr std::chrono::milliseconds kRetryDelayMin{100};
constexpr std::chrono::seconds kRetryDelayMax{5};

// Refused before anything was written.
Error not_stored(const Error& cause, std::string_view what) {
  const ErrorCode code =
      cause.code() == ErrorCode::kResourceExhausted ? ErrorCode::kResourceExhausted : ErrorCode::kUnavailable;
  return Error(code, fmt::format("{}: {}", what, cause.message()));
}

void raise(std::vector<uint64_t>& numbers, const std::vector<uint64_t>& at_least) {
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = std::max(numbers[i], at_least[i]);
}

}  // namespace

Committer::Committer(Disk& disk, Executor& executor, CommitterOptions options, LogTail& tail, CommitQueue& queue,
                     SegmentSupply& supply)
    : disk_(disk), executor_(executor), options_(std::move(options)), tail_(tail), queue_(queue), supply_(supply) {}

std::string Committer::active_path() const { return segment_path(options_.folder, active_.number); }

Result<> Committer::begin(const RecoveredLog& recovered) {
  published_numbers_ = given_numbers_ = recovered.next_numbers;
  last_write_ = now();
  for (const RecoveredSegment& segment : recovered.segments)
    tail_.add_segment(segment.segment, {segment.end, false, segment.file_bytes, segment.first_numbers},
                      published_numbers_);
  // The first segment is a header alone: it gives the log its id, and a thousand unused logs cost little.
  if (recovered.segments.empty()) return roll(0);
  const RecoveredSegment& last = recovered.segments.back();
  active_.number = last.segment;
  active_.bytes = last.file_bytes;
  active_.seed = format::checksum_seed(options_.log_id, last.segment);
  active_.end = active_.synced = active_.recorded = active_.records_end = last.end;
  if (!recovered.tail.has_records && recovered.tail.is_clean) return {};
  // Bytes that an earlier process could not sync may be in the page cache only, and a sync of this file would not say
  // so. Writing them again in place could tear them. A copy is safe.
  return roll(recovered.tail.end - last.end, &recovered.tail);
}

void Committer::run() {
  Batch batch;
  while (true) {
    if (trouble_ && active_.is_abandoned) {
      if (queue_.wait_for_stop(trouble_->retry_at)) return finish();
      retry();
      continue;
    }
    switch (queue_.take(batch, next_task_due())) {
      case CommitQueue::Taken::kStopped:
        return finish();
      case CommitQueue::Taken::kDeadline:
        do_due_tasks();
        break;
      case CommitQueue::Taken::kBatch:
        commit(batch);
        queue_.give_back(batch);
        if (active_.file != nullptr && active_.end >= active_.bytes / 8) supply_.prepare_ahead(next_segment_bytes());
        break;
    }
  }
}

void Committer::commit(Batch& batch) {
  if (auto room = make_room(batch.records.sealed_bytes()); !room) {
    batch.outcome->resolve(not_stored(room.error(), "the log cannot grow, nothing was stored"));
    return;
  }
  if (auto opened = open_active(); !opened) {
    batch.outcome->resolve(not_stored(opened.error(), "the log cannot be opened, nothing was stored"));
    return;
  }
  raise(given_numbers_, batch.next_numbers);
  auto written = write_batch(batch.records.seal(active_.seed, active_.end, active_.synced));
  if (!written) {
    const bool is_sealed = abandon_active(written.error(), syncs_each_batch() ? Failed::kSync : Failed::kWrite);
    batch.outcome->resolve(is_sealed ? not_stored(written.error(), "the log could not be written")
                                     : Error(ErrorCode::kUnclear,
                                             "the log could not be written, and it is not known what "
                                             "of it will be found: " +
                                                 written.error().message()));
    return;
  }
  active_.records_end = active_.end;
  published_numbers_ = std::move(batch.next_numbers);
  tail_.publish(active_.end, published_numbers_);
  batch.outcome->resolve(std::nullopt);
  if (options_.sync.kind == SyncMode::Kind::kInterval && now() - unsynced_since_ >= options_.sync.interval)
    if (auto synced = sync_active(); !synced) abandon_active(synced.error(), Failed::kSync);
}

// Keeps room for the empty batch of record_synced_offset() as well: one block.
Result<> Committer::make_room(uint64_t bytes) {
  if (!active_.is_abandoned && active_.end + bytes + kBlockBytes <= active_.bytes) return {};
  if (trouble_ && now() < trouble_->retry_at) return std::unexpected(trouble_->error);
  if (auto rolled = roll(bytes); !rolled) {
    note_trouble(bytes, rolled.error());
    return rolled;
  }
  if (std::exchange(trouble_, std::nullopt)) queue_.clear_problem();
  return {};
}

Result<> Committer::open_active() {
  if (active_.file != nullptr) return {};
  MAGNETITE_TRY(active_.file, disk_.open(active_path(), OpenMode::kWriteDirect));
  return {};
}

// On success `end` moves behind it.
Result<> Committer::write_batch(std::span<const std::byte> bytes) {
  if (active_.synced == active_.end) unsynced_since_ = now();
  last_write_ = now();
  MAGNETITE_RETURN_IF_ERROR(active_.file->write_at(active_.end, bytes));
  MAGNETITE_CRASH_POINT("log.batch_written");
  const uint64_t recorded = active_.synced;
  if (!syncs_each_batch()) {
    active_.end += bytes.size();
    return {};
  }
  if (!planted(PlantedBug::kAckBeforeSync)) MAGNETITE_RETURN_IF_ERROR(active_.file->sync_data());
  MAGNETITE_CRASH_POINT("log.batch_synced");
  active_.end += bytes.size();
  active_.synced = active_.end;
  active_.recorded = recorded;
  return {};
}

Result<> Committer::sync_active() {
  if (active_.synced == active_.end) return {};
  MAGNETITE_RETURN_IF_ERROR(active_.file->sync_data());
  active_.synced = active_.end;
  return {};
}

// An empty batch that says how far the log is durable: from then on damage of the last records is seen as damage, not
// as a torn write.
Result<> Committer::record_synced_offset() {
  format::BatchBuilder empty;
  MAGNETITE_CHECK(active_.end + empty.sealed_bytes() <= active_.bytes);
  const uint64_t synced = active_.synced;
  MAGNETITE_RETURN_IF_ERROR(write_batch(empty.seal(active_.seed, active_.end, synced)));
  MAGNETITE_RETURN_IF_ERROR(sync_active());
  active_.recorded = synced;
  tail_.publish(active_.end, published_numbers_);
  return {};
}

// After a failed write or sync this file is never written again. False: it is not certain that what failed is cut.
bool Committer::abandon_active(const Error& cause, Failed failed) {
  log::error("the local log could not be written; it goes on in a new segment",
             {{"folder", options_.folder}, {"error", cause.message()}});
  // What was written before a failed write can still be saved, what was written before a failed sync cannot.
  if (failed == Failed::kWrite) static_cast<void>(sync_active());
  active_.is_abandoned = true;
  active_.end = active_.synced;
  tail_.publish(active_.end, published_numbers_);
  auto rolled = roll(0);
  if (!rolled) note_trouble(0, cause);
  return rolled.has_value();
}

MonoTime Committer::next_task_due() const {
  MonoTime due = kNever;
  if (trouble_) due = std::min(due, trouble_->retry_at);
  if (options_.sync.kind == SyncMode::Kind::kInterval && active_.synced < active_.end)
    due = std::min(due, unsynced_since_ + options_.sync.interval);
  if (must_record()) due = std::min(due, last_write_ + kIdleRecordDelay);
  if (active_.file != nullptr) due = std::min(due, last_write_ + kIdleCloseDelay);
  return due;
}

void Committer::do_due_tasks() {
  if (trouble_ && now() >= trouble_->retry_at) return retry();
  Result<> done;
  if (options_.sync.kind == SyncMode::Kind::kInterval && active_.synced < active_.end &&
      now() >= unsynced_since_ + options_.sync.interval) {
    done = sync_active();
  } else if (must_record() && now() >= last_write_ + kIdleRecordDelay) {
    if (open_active())
      done = record_synced_offset();
    else
      last_write_ = now();  // it can wait
  } else if (active_.file != nullptr && now() >= last_write_ + kIdleCloseDelay) {
    done = sync_active();
    active_.file.reset();
    queue_.release_memory();
  }
  if (!done) abandon_active(done.error(), Failed::kSync);
}

void Committer::retry() {
  if (auto rolled = roll(trouble_->needed_bytes); !rolled) return note_trouble(trouble_->needed_bytes, rolled.error());
  trouble_.reset();
  queue_.clear_problem();
  log::warn("the local log is writable again", {{"folder", options_.folder}});
}

void Committer::note_trouble(uint64_t needed_bytes, const Error& error) {
  const Duration delay = trouble_ ? std::min<Duration>(2 * trouble_->delay, kRetryDelayMax) : Duration(kRetryDelayMin);
  queue_.set_problem(not_stored(error, "the local log cannot be written, this is tried again"), active_.is_abandoned);
  trouble_.emplace(needed_bytes, now() + delay, delay, error);
}

void Committer::finish() {
  if (active_.is_abandoned) return;
  Result<> done;
  if (options_.sync.kind != SyncMode::Kind::kOff) done = sync_active();
  if (done && must_record()) {
    done = open_active();
    if (done) done = record_synced_offset();
  }
  if (!done)
    log::error("the log's last bytes could not be synced",
               {{"folder", options_.folder}, {"error", done.error().message()}});
}

uint64_t Committer::next_segment_bytes() const {
  return std::min(std::max(active_.bytes * kSegmentGrowth, kSmallSegmentBytes), options_.segment_bytes);
}

Result<> Committer::roll(uint64_t bytes, const RecoveredTail* copied) {
  const bool is_first = active_.bytes == 0;
  if (!active_.is_abandoned && active_.file != nullptr)
    if (auto synced = sync_active(); !synced) {
      active_.is_abandoned = true;
      active_.end = active_.synced;
      tail_.publish(active_.end, published_numbers_);
    }

  const uint64_t bytes_min = kDataOffset + (bytes == 0 ? 0 : bytes + kBlockBytes);
  const uint64_t bytes_wanted = is_first ? bytes_min : std::max(bytes_min, next_segment_bytes());
  MAGNETITE_TRY(const SegmentSupply::Prepared prepared, supply_.take(bytes_min, bytes_wanted));
  format::SegmentHeader header;
  header.log_id = options_.log_id;
  header.segment = is_first ? 0 : active_.number + 1;
  header.file_bytes = prepared.bytes;
  header.previous_end = active_.end;
  header.first_numbers = copied != nullptr ? copied->first_numbers : published_numbers_;
  header.next_numbers = given_numbers_;

  auto written = write_segment(prepared.path, header, copied);
  if (!written) {
    static_cast<void>(disk_.remove(prepared.path));  // gives the space back; what is reported is why
    return std::unexpected(std::move(written).error());
  }
  MAGNETITE_CRASH_POINT("log.segment_created");

  // From here on the new segment may be found, and with it that the old one ends.
  active_.is_abandoned = true;
  MAGNETITE_RETURN_IF_ERROR(disk_.rename(prepared.path, segment_path(options_.folder, header.segment)));
  MAGNETITE_RETURN_IF_ERROR(disk_.sync_directory(options_.folder));
  MAGNETITE_CRASH_POINT("log.segment_sealed");
  active_ = Active{};
  active_.number = header.segment;
  active_.bytes = prepared.bytes;
  active_.seed = format::checksum_seed(options_.log_id, header.segment);
  active_.end = active_.synced = active_.records_end = *written;
  active_.recorded = kDataOffset;
  tail_.add_segment(header.segment, {active_.end, false, prepared.bytes, header.first_numbers}, published_numbers_);
  return {};
}

// Makes a file the segment that the header says, durably; it has no name yet. Returns where its data ends.
Result<uint64_t> Committer::write_segment(const std::string& path, const format::SegmentHeader& header,
                                          const RecoveredTail* copied) {
  MAGNETITE_TRY(const std::unique_ptr<File> file, disk_.open(path, OpenMode::kReadWrite));
  uint64_t end = kDataOffset;
  MAGNETITE_RETURN_IF_ERROR(write_segment_header(*file, header));
  if (copied != nullptr) {
    MAGNETITE_TRY(end, copy_batches(*file, header.segment, active_.end, copied->end));
  }
  MAGNETITE_RETURN_IF_ERROR(file->sync_data());
  return end;
}

// The batches of the active segment in [from, to), for their new place; returns where they end there.
Result<uint64_t> Committer::copy_batches(File& target, uint64_t segment, uint64_t from, uint64_t to) {
  MAGNETITE_TRY(const std::unique_ptr<File> source, disk_.open(active_path(), OpenMode::kRead));
  BatchReader reader(*source, active_.seed, to);
  const uint64_t seed = format::checksum_seed(options_.log_id, segment);
  uint64_t end = kDataOffset;
  while (from < to) {
    MAGNETITE_TRY(const auto batch, reader.batch_at(from));
    if (!batch) return segment_damage(active_path(), from, "damaged since it was verified");
    from = batch->header.end();
    if (batch->header.record_count == 0) continue;
    std::array<std::byte, format::kBatchHeaderBytes> head;
    const format::BatchHeader header = format::moved_to(end, batch->header, batch->body, seed);
    format::encode(header, seed, head);
    MAGNETITE_RETURN_IF_ERROR(target.write_at(end, head));
    MAGNETITE_RETURN_IF_ERROR(target.write_at(end + head.size(), batch->body));
    end = header.end();
  }
  return end;
}

}  // namespace magnetite::write_buffer
