#include "write_buffer/file/file_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "base/crash_point.h"
#include "base/logging.h"
#include "base/mutex.h"
#include "write_buffer/file/log_reader.h"
#include "write_buffer/file/log_tail.h"
#include "write_buffer/file/segment_files.h"

namespace magnetite::write_buffer {
namespace {

// Small databases keep small logs; a busy one grows to full segments quickly.
constexpr uint64_t kFirstSegmentBytes = 1 << 20;
constexpr uint64_t kSegmentGrowth = 8;
constexpr std::chrono::seconds kIdleMarkDelay{1};
constexpr std::chrono::milliseconds kRetryDelayMin{100};
constexpr std::chrono::seconds kRetryDelayMax{5};

// What became of all appends of one batch.
class BatchOutcome {
 public:
  explicit BatchOutcome(Executor& executor) : resolved_(executor) {}

  void resolve(std::optional<Error> failure) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    done_ = true;
    failure_ = std::move(failure);
    resolved_.notify_all();
  }
  std::optional<Result<StoredAt>> wait_until(MonoTime deadline, const StoredAt& stored_at) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (!done_)
      if (resolved_.wait_until(mutex_, deadline, WaitReason::kLogSync) == WaitOutcome::kDeadline && !done_)
        return std::nullopt;
    if (failure_) return Result<StoredAt>(std::unexpected(*failure_));
    return Result<StoredAt>(stored_at);
  }

 private:
  Mutex mutex_;
  Signal resolved_;
  bool done_ GUARDED_BY(mutex_) = false;
  std::optional<Error> failure_ GUARDED_BY(mutex_);
};

class FilePendingAppend final : public PendingAppend {
 public:
  FilePendingAppend(std::shared_ptr<BatchOutcome> batch, StoredAt stored_at)
      : batch_(std::move(batch)), stored_at_(stored_at) {}
  std::optional<Result<StoredAt>> wait_until(MonoTime deadline) override {
    return batch_->wait_until(deadline, stored_at_);
  }

 private:
  const std::shared_ptr<BatchOutcome> batch_;
  const StoredAt stored_at_;
};

struct Batch {
  format::BatchBuilder records;
  std::shared_ptr<BatchOutcome> outcome;
  std::vector<uint64_t> next_numbers;  // after its last record
};

// The segment being written; used by the committer alone.
struct ActiveSegment {
  std::unique_ptr<File> file;
  uint64_t number = 0;
  uint64_t bytes = 0;
  uint64_t end = format::kDataOffset;     // next batch goes here
  uint64_t synced = format::kDataOffset;  // data below is durable
  uint64_t recorded = 0;                  // highest synced offset that a durable batch names
};

class FileLogImpl final : public FileLog, public Writer {
 public:
  FileLogImpl(Disk& disk, Executor& executor, FileLogOptions options, std::unique_ptr<FolderLock> lock,
              RecoveredLog recovered)
      : disk_(disk),
        executor_(executor),
        options_(std::move(options)),
        folder_lock_(std::move(lock)),
        log_id_(recovered.log_id),
        tail_(executor),
        published_numbers_(recovered.next_numbers),
        work_(executor),
        next_numbers_(recovered.next_numbers) {
    for (uint32_t i = 0; i < next_numbers_.size(); ++i) sequencers_.push_back(model::SequencerId{i});
  }

  ~FileLogImpl() override {
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
      work_.notify_all();
    }
    committer_.join();
    preparer_.join();
  }

  // Takes up where recovery ended: goes on in a clean tail, else seals it by a new segment.
  Result<> begin(const RecoveredLog& recovered) {
    for (const RecoveredSegment& segment : recovered.segments)
      tail_.add_segment(segment.segment, {segment.end, false, segment.file_bytes, segment.first_numbers});
    if (!recovered.segments.empty()) {
      const RecoveredSegment& last = recovered.segments.back();
      const std::string path = segment_path(options_.folder, last.segment);
      MAGNETITE_TRY(active_.file, disk_.open(path, OpenMode::kReadWrite));
      // The valid prefix may never have been synced: from now on it counts as durable.
      MAGNETITE_RETURN_IF_ERROR(active_.file->sync_data());
      active_.number = last.segment;
      active_.bytes = last.file_bytes;
      active_.end = active_.synced = last.end;
      tail_.publish(last.end, next_numbers_);
    }
    if (recovered.segments.empty() || !recovered.tail_is_clean)
      MAGNETITE_RETURN_IF_ERROR(roll(kFirstSegmentBytes, recovered.segments.empty()));
    committer_ = executor_.spawn("log", [this] { commit_loop(); });
    return {};
  }

  // FileLog
  Writer& writer() override { return *this; }
  Result<std::unique_ptr<Reader>> make_reader() override {
    return make_log_reader(disk_, options_.folder, log_id_, sequencers_, tail_);
  }
  void raise_next_number(model::SequencerId sequencer, model::SequenceNumber at_least) override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    uint64_t& next = next_numbers_.at(sequencer.value);
    next = std::max(next, at_least.value);
  }
  Result<> trim(const std::map<model::SequencerId, model::SequenceNumber>& first_needed) override {
    const auto segments = tail_.segments();
    for (auto it = segments.begin(); it != segments.end() && std::next(it) != segments.end(); ++it) {
      const std::vector<uint64_t>& next_first = std::next(it)->second.first_numbers;
      for (size_t s = 0; s < next_first.size(); ++s) {
        const auto needed = first_needed.find(model::SequencerId{static_cast<uint32_t>(s)});
        if (needed == first_needed.end() || needed->second.value < next_first[s]) return {};
      }
      if (!tail_.drop_first()) return {};
      MAGNETITE_RETURN_IF_ERROR(disk_.remove(segment_path(options_.folder, it->first)));
      MAGNETITE_RETURN_IF_ERROR(disk_.sync_directory(options_.folder));
      MAGNETITE_CRASH_POINT("log.trimmed");
    }
    return {};
  }

  // Writer
  std::string_view type_name() const override { return "file"; }
  model::Uuid log_id() const override { return log_id_; }
  const std::vector<model::SequencerId>& sequencer_ids() const override { return sequencers_; }

  Result<std::shared_ptr<PendingAppend>> append(model::SequencerId sequencer, const Record& record) override
      EXCLUDES(mutex_) {
    if (sequencer.value >= sequencers_.size())
      return fail(ErrorCode::kInvalidInput, fmt::format("the log has no sequencer {}", sequencer.value));
    const size_t bytes = format::record_bytes(record);
    if (bytes > options_.record_bytes_max)
      return fail(ErrorCode::kTooLarge, fmt::format("an entry of {} bytes is above the log's limit of {}", bytes,
                                                    options_.record_bytes_max));
    const MutexLock lock(mutex_);
    if (stopping_) return fail(ErrorCode::kShutdown, "the log is closed");
    if (problem_) return std::unexpected(*problem_);
    if (queued_.outcome == nullptr) queued_.outcome = std::make_shared<BatchOutcome>(executor_);
    if (queued_.records.record_count() > 0 && queued_.records.bytes() + bytes > options_.queue_bytes_max)
      return fail(ErrorCode::kResourceExhausted, "the log's queue is full: the disk is slower than the writers");
    const StoredAt stored_at{{sequencer, model::SequenceNumber{next_numbers_[sequencer.value]++}},
                             executor_.clock().wall_now()};
    queued_.records.add(stored_at, record);
    queued_.next_numbers = next_numbers_;
    work_.notify_one();
    return std::make_shared<FilePendingAppend>(queued_.outcome, stored_at);
  }

  WriterStatus status() const override EXCLUDES(mutex_) {
    WriterStatus status;
    status.mode = "file, sync=" + options_.sync.text();
    for (const auto& [number, segment] : tail_.segments()) status.bytes_on_disk += segment.file_bytes;
    const MutexLock lock(mutex_);
    status.accepting = !problem_.has_value();
    if (problem_) status.problem = problem_->message();
    return status;
  }

 private:
  bool sync_on_commit() const { return options_.sync.kind == SyncMode::Kind::kCommit; }

  void commit_loop() EXCLUDES(mutex_) {
    Duration retry_delay = kRetryDelayMin;
    bool broken = false;
    Batch batch;
    while (true) {
      if (broken) {
        if (repair()) {
          broken = false;
          retry_delay = kRetryDelayMin;
        } else if (wait_for_stop(retry_delay)) {
          return refuse_queued();
        } else {
          retry_delay = std::min<Duration>(2 * retry_delay, kRetryDelayMax);
        }
        continue;
      }
      if (!take(batch)) {
        if (stopped()) break;
        if (auto marked = mark_idle(); !marked) broken = !abandon_tail(marked.error());
        continue;
      }
      broken = !commit(batch);
      batch.records.clear();
      batch.outcome = nullptr;
    }
    if (active_.synced < active_.end && options_.sync.kind != SyncMode::Kind::kOff)
      if (auto synced = active_.file->sync_data(); !synced)
        log::error("the log's last bytes could not be synced", {{"error", synced.error().message()}});
  }

  void refuse_queued() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (queued_.outcome != nullptr)
      queued_.outcome->resolve(Error(ErrorCode::kUnavailable, "the log was closed before this could be written"));
  }

  // The queued batch, or false when there was none until the next idle task is due.
  bool take(Batch& batch) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const MonoTime idle_due = next_idle_task();
    while (queued_.records.record_count() == 0) {
      if (stopping_) return false;
      if (work_.wait_until(mutex_, idle_due, WaitReason::kIdle) == WaitOutcome::kDeadline &&
          queued_.records.record_count() == 0)
        return false;
    }
    std::swap(batch, queued_);
    return true;
  }

  MonoTime next_idle_task() const {
    const bool unsynced = active_.synced < active_.end;
    if (options_.sync.kind == SyncMode::Kind::kInterval && unsynced)
      return executor_.clock().mono_now() + options_.sync.interval;
    const bool unrecorded = sync_on_commit() && active_.recorded < active_.synced && active_.synced > format::kDataOffset;
    return unrecorded ? executor_.clock().mono_now() + kIdleMarkDelay : kNever;
  }

  bool stopped() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return stopping_;
  }
  bool wait_for_stop(Duration delay) EXCLUDES(mutex_) {
    const MonoTime deadline = executor_.clock().mono_now() + delay;
    const MutexLock lock(mutex_);
    while (!stopping_)
      if (work_.wait_until(mutex_, deadline, WaitReason::kTimer) == WaitOutcome::kDeadline) break;
    return stopping_;
  }

  // Nothing to write: sync what an interval left, or record how far the log is synced, so that damage of its last batch
  // is seen as damage and not as a torn write.
  Result<> mark_idle() {
    if (active_.synced < active_.end) {
      MAGNETITE_RETURN_IF_ERROR(active_.file->sync_data());
      active_.synced = active_.end;
      return {};
    }
    format::BatchBuilder empty;
    const auto bytes = empty.seal(log_id_, active_.number, active_.end, active_.synced);
    if (active_.end + bytes.size() > active_.bytes) {  // the next segment's header will name the end
      active_.recorded = active_.synced;
      return {};
    }
    MAGNETITE_RETURN_IF_ERROR(active_.file->write_at(active_.end, bytes));
    MAGNETITE_RETURN_IF_ERROR(active_.file->sync_data());
    active_.recorded = active_.synced;
    active_.end += bytes.size();
    active_.synced = active_.end;
    active_.recorded = active_.synced;  // an empty batch holds nothing that could be lost
    publish();
    return {};
  }

  void publish(const std::vector<uint64_t>* next_numbers = nullptr) {
    if (next_numbers != nullptr) published_numbers_ = *next_numbers;
    tail_.publish(active_.end, published_numbers_);
  }

  // Writes the batch and resolves it. False: the tail cannot be trusted and could not be sealed.
  bool commit(Batch& batch) {
    const uint64_t needed = batch.records.bytes() + format::kBatchAlignment;
    if (active_.end + needed > active_.bytes) {
      if (auto rolled = roll(needed, false); !rolled) {
        // Nothing of the batch was written and the tail is whole: smaller ones may still fit.
        batch.outcome->resolve(std::move(rolled).error().with_context("the log cannot grow, nothing was stored"));
        return true;
      }
    }
    const auto bytes = batch.records.seal(log_id_, active_.number, active_.end, active_.synced);
    if (auto written = write_and_sync(bytes); !written) {
      const bool sealed = abandon_tail(written.error());
      const ErrorCode code = !sealed                                                        ? ErrorCode::kUnclear
                             : written.error().code() == ErrorCode::kResourceExhausted ? ErrorCode::kResourceExhausted
                                                                                            : ErrorCode::kUnavailable;
      batch.outcome->resolve(Error(code, "the log could not be written: " + written.error().message()));
      return sealed;
    }
    active_.end += bytes.size();
    if (sync_on_commit()) {
      active_.recorded = active_.synced;
      active_.synced = active_.end;
    }
    publish(&batch.next_numbers);
    batch.outcome->resolve(std::nullopt);
    prepare_next_if_due();
    return true;
  }

  Result<> write_and_sync(std::span<const std::byte> bytes) {
    MAGNETITE_RETURN_IF_ERROR(active_.file->write_at(active_.end, bytes));
    MAGNETITE_CRASH_POINT("log.batch_written");
    if (!sync_on_commit()) return {};
    MAGNETITE_RETURN_IF_ERROR(active_.file->sync_data());
    MAGNETITE_CRASH_POINT("log.batch_synced");
    return {};
  }

  // After a failed write or sync nothing behind the synced offset counts: a new segment says so.
  bool abandon_tail(const Error& cause) EXCLUDES(mutex_) {
    log::error("the local log could not be written", {{"folder", options_.folder}, {"error", cause.message()}});
    if (sync_on_commit()) active_.end = active_.synced;
    if (roll(kFirstSegmentBytes, false)) return true;
    const MutexLock lock(mutex_);
    problem_ = Error(cause.code() == ErrorCode::kResourceExhausted ? ErrorCode::kResourceExhausted : ErrorCode::kUnavailable,
                     "the local log is not writable, it is tried again: " + cause.message());
    return false;
  }

  bool repair() EXCLUDES(mutex_) {
    if (!roll(kFirstSegmentBytes, false)) return false;
    log::warn("the local log is writable again", {{"folder", options_.folder}});
    const MutexLock lock(mutex_);
    problem_.reset();
    return true;
  }

  std::string prepared_path() const { return options_.folder + "/prepared.new"; }
  std::string own_path() const { return options_.folder + "/next.new"; }

  // A new segment becomes the active one; the old one ends where it is durable.
  Result<> roll(uint64_t needed, bool first) {
    if (active_.file != nullptr && active_.synced < active_.end) {  // modes without sync on commit
      MAGNETITE_RETURN_IF_ERROR(active_.file->sync_data());
      active_.synced = active_.end;
    }
    preparer_.join();
    const uint64_t wanted = std::max(needed + format::kDataOffset, next_segment_bytes());
    std::string path = prepared_path();
    uint64_t bytes = prepared_bytes_;
    if (bytes < wanted || needed + format::kDataOffset > bytes) {
      path = own_path();
      // Rather a segment just large enough than none when space is short.
      bytes = first ? std::max(needed + format::kDataOffset, std::min(kFirstSegmentBytes, options_.segment_bytes)) : wanted;
      if (auto prepared = prepare_segment_file(disk_, path, bytes); !prepared) {
        bytes = needed + format::kDataOffset;
        MAGNETITE_RETURN_IF_ERROR(prepare_segment_file(disk_, path, bytes));
      }
    } else {
      prepared_bytes_ = 0;
    }
    format::SegmentHeader header;
    header.log_id = log_id_;
    header.segment = first ? 0 : active_.number + 1;
    header.previous_end = first ? 0 : active_.end;
    header.next_numbers = published_numbers_;
    MAGNETITE_TRY(std::unique_ptr<File> file, publish_segment(disk_, options_.folder, path, header));
    MAGNETITE_CRASH_POINT("log.segment_sealed");
    active_ = ActiveSegment{std::move(file), header.segment, bytes, format::kDataOffset, format::kDataOffset, 0};
    tail_.add_segment(header.segment, {format::kDataOffset, false, bytes, header.next_numbers});
    if (first) tail_.publish(format::kDataOffset, header.next_numbers);
    return {};
  }

  uint64_t next_segment_bytes() const {
    const uint64_t grown = std::max(active_.bytes * kSegmentGrowth, kFirstSegmentBytes);
    return std::min(grown, options_.segment_bytes);
  }

  // Zero-fills the next segment while this one is written, once half of it is used.
  void prepare_next_if_due() {
    if (prepared_bytes_ > 0 || active_.end < active_.bytes / 2) return;
    preparer_.join();
    const uint64_t bytes = next_segment_bytes();
    prepared_bytes_ = bytes;
    preparer_ = executor_.spawn("log-prepare", [this, bytes] {
      if (!prepare_segment_file(disk_, prepared_path(), bytes)) prepared_bytes_ = 0;  // tried again when it is needed
    });
  }

  Disk& disk_;
  Executor& executor_;
  const FileLogOptions options_;
  const std::unique_ptr<FolderLock> folder_lock_;
  const model::Uuid log_id_;
  std::vector<model::SequencerId> sequencers_;
  LogTail tail_;

  // The committer's own.
  ActiveSegment active_;
  std::vector<uint64_t> published_numbers_;  // by sequencer: one above the last record written
  std::atomic<uint64_t> prepared_bytes_ = 0;  // of the file the preparer made; read after joining it

  mutable Mutex mutex_;
  Signal work_;
  Batch queued_ GUARDED_BY(mutex_);
  std::vector<uint64_t> next_numbers_ GUARDED_BY(mutex_);
  std::optional<Error> problem_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;

  Task preparer_;
  Task committer_;
};

}  // namespace

Result<std::unique_ptr<FileLog>> FileLog::open(Disk& disk, Executor& executor, FileLogOptions options) {
  if (options.sequencer_count == 0 || options.sequencer_count > format::kSequencersMax)
    return fail(ErrorCode::kInvalidInput, fmt::format("a log has 1 to {} sequencers", format::kSequencersMax));
  MAGNETITE_RETURN_IF_ERROR(disk.create_directories(options.folder));
  MAGNETITE_TRY(std::unique_ptr<FolderLock> lock, disk.lock_folder(options.folder));
  MAGNETITE_TRY(RecoveredLog recovered, recover_segments(disk, options.folder));
  if (recovered.segments.empty()) {
    recovered.log_id = model::Uuid::random();
    recovered.next_numbers.assign(options.sequencer_count, 0);
  }
  auto log = std::make_unique<FileLogImpl>(disk, executor, std::move(options), std::move(lock), recovered);
  MAGNETITE_RETURN_IF_ERROR(log->begin(recovered));
  return log;
}

}  // namespace magnetite::write_buffer
