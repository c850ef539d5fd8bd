#include "write_buffer/file/file_log.h"

#include <fmt/format.h>

#include <deque>

#include "base/crash_point.h"
#include "base/mutex.h"
#include "write_buffer/file/committer.h"
#include "write_buffer/file/log_reader.h"
#include "write_buffer/file/recovery.h"
#include "write_buffer/file/segment_files.h"

namespace magnetite::write_buffer {
namespace {

class FileLogImpl final : public FileLog, public Writer {
 public:
  FileLogImpl(Disk& disk, Executor& executor, FileLogOptions options, std::unique_ptr<FolderLock> lock,
              const RecoveredLog& recovered)
      : disk_(disk),
        executor_(executor),
        options_(std::move(options)),
        folder_lock_(std::move(lock)),
        log_id_(recovered.log_id),
        tail_(executor),
        queue_(executor, options_.record_bytes_max, options_.queue_bytes_max, recovered.next_numbers),
        supply_(disk, executor, options_.folder, options_.segment_bytes),
        committer_(disk, executor, {options_.folder, options_.sync, options_.segment_bytes, log_id_}, tail_, queue_,
                   supply_),
        trim_ended_(executor) {
    for (uint32_t i = 0; i < recovered.next_numbers.size(); ++i) sequencers_.push_back(model::SequencerId{i});
    const MutexLock guard(trim_mutex_);
    for (const model::SequencerId sequencer : sequencers_) first_needed_[sequencer] = model::SequenceNumber{0};
  }

  ~FileLogImpl() override {
    queue_.stop();
    committing_.join();
  }

  Result<> begin(const RecoveredLog& recovered) {
    for (const std::string& path : recovered.leftovers) MAGNETITE_RETURN_IF_ERROR(disk_.remove(path));
    std::vector<std::string> spares;
    for (const SpareFile& spare : recovered.spares) {
      if (spare.bytes == options_.segment_bytes && spares.size() < SegmentSupply::kSparesMax)
        spares.push_back(spare.path);
      else
        MAGNETITE_RETURN_IF_ERROR(disk_.remove(spare.path));
    }
    // The process before may have ended between giving a file its name and making that durable.
    MAGNETITE_RETURN_IF_ERROR(disk_.sync_directory(options_.folder));
    for (std::string& path : spares) supply_.add_spare(std::move(path));
    MAGNETITE_RETURN_IF_ERROR(committer_.begin(recovered));
    committing_ = executor_.spawn("log", [this] { committer_.run(); });
    return {};
  }

  // FileLog
  Writer& writer() override { return *this; }
  Result<std::unique_ptr<Reader>> make_reader() override {
    return make_log_reader(disk_, options_.folder, log_id_, sequencers_, tail_);
  }
  void raise_next_number(model::SequencerId sequencer, model::SequenceNumber at_least) override {
    queue_.raise_next_number(sequencer.value, at_least.value);
  }
  // Writer
  std::string_view type_name() const override { return "file"; }
  model::Uuid log_id() const override { return log_id_; }
  const std::vector<model::SequencerId>& sequencer_ids() const override { return sequencers_; }
  Result<std::shared_ptr<PendingAppend>> append(model::SequencerId sequencer, const Record& record) override {
    return queue_.append(sequencer, record);
  }
  uint64_t record_bytes_max() const override { return options_.record_bytes_max; }
  Result<> trim(model::SequencerId sequencer, model::SequenceNumber first_needed) override EXCLUDES(trim_mutex_) {
    LogTail::Numbers needed;
    {
      const MutexLock lock(trim_mutex_);
      const auto known = first_needed_.find(sequencer);
      if (known == first_needed_.end())
        return fail(ErrorCode::kInvalidInput, fmt::format("the log has no sequencer {}", sequencer.value));
      const model::SequenceNumber high{tail_.next_number(sequencer.value)};
      known->second = std::max(known->second, std::min(first_needed, high));
      while (trimming_) trim_ended_.wait_until(trim_mutex_, kNever, WaitReason::kJob);
      trimming_ = true;
      needed = first_needed_;
    }
    auto trimmed = trim_alone(needed);
    const MutexLock lock(trim_mutex_);
    trimming_ = false;
    trim_ended_.notify_one();
    return trimmed;
  }
  WriterStatus status() const override {
    WriterStatus status;
    status.mode = "file, sync=" + options_.sync.text();
    status.bytes_on_disk = tail_.file_bytes();
    if (const std::optional<Error> problem = queue_.problem()) {
      status.accepting = false;
      status.problem = problem->message();
    }
    return status;
  }

 private:
  // Takes files strictly from the front, each durably before the next: a gap in the chain would be damage.
  Result<> trim_alone(const LogTail::Numbers& first_needed) {
    while (auto dropped = tail_.drop_first_below(first_needed))
      doomed_.push_back({dropped->first, dropped->second.file_bytes});
    for (; !doomed_.empty(); doomed_.pop_front()) {
      Doomed& doomed = doomed_.front();
      const std::string path = segment_path(options_.folder, doomed.segment);
      const std::string spare = spare_path(options_.folder, doomed.segment);
      if (!doomed.is_spare && supply_.wants_spare(doomed.bytes))
        doomed.is_spare = disk_.rename(path, spare).has_value();
      if (!doomed.is_spare)
        // Missing: removed by an earlier attempt that then failed.
        if (auto removed = disk_.remove(path); !removed && removed.error().code() != ErrorCode::kNotFound)
          return removed;
      MAGNETITE_RETURN_IF_ERROR(disk_.sync_directory(options_.folder));
      if (doomed.is_spare) supply_.add_spare(spare);
      MAGNETITE_CRASH_POINT("log.trimmed");
    }
    return {};
  }

  struct Doomed {
    uint64_t segment = 0;
    uint64_t bytes = 0;
    bool is_spare = false;  // has a spare's name already
  };

  Disk& disk_;
  Executor& executor_;
  const FileLogOptions options_;
  const std::unique_ptr<FolderLock> folder_lock_;
  const model::Uuid log_id_;
  std::vector<model::SequencerId> sequencers_;
  LogTail tail_;
  CommitQueue queue_;
  SegmentSupply supply_;
  Committer committer_;

  Mutex trim_mutex_;
  Signal trim_ended_;
  bool trimming_ GUARDED_BY(trim_mutex_) = false;
  LogTail::Numbers first_needed_ GUARDED_BY(trim_mutex_);
  std::deque<Doomed> doomed_;  // of whoever set trimming_

  Task committing_;
};

}  // namespace

Result<std::unique_ptr<FileLog>> FileLog::open(Disk& disk, Executor& executor, FileLogOptions options) {
  if (options.sequencer_count == 0 || options.sequencer_count > format::kSequencersMax)
    return fail(ErrorCode::kInvalidInput, fmt::format("a log has 1 to {} sequencers", format::kSequencersMax));
  options.segment_bytes = format::aligned(options.segment_bytes);
  MAGNETITE_RETURN_IF_ERROR(disk.create_directories(options.folder));
  MAGNETITE_TRY(std::unique_ptr<FolderLock> lock, disk.lock_folder(options.folder));
  MAGNETITE_TRY(RecoveredLog recovered, recover_log(disk, options.folder, options.closed_segments));
  if (recovered.segments.empty()) {
    recovered.log_id = model::Uuid::random();
    recovered.next_numbers.assign(options.sequencer_count, 0);
  }
  auto log = std::make_unique<FileLogImpl>(disk, executor, std::move(options), std::move(lock), recovered);
  MAGNETITE_RETURN_IF_ERROR(log->begin(recovered));
  return log;
}

}  // namespace magnetite::write_buffer
