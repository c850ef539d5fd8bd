#include "write_buffer/file/segment_supply.h"

#include "write_buffer/file/segment_files.h"

namespace magnetite::write_buffer {
SegmentSupply::SegmentSupply(Disk& disk, Executor& executor, std::string folder)
    : disk_(disk), executor_(executor), folder_(std::move(folder)) {}

std::string SegmentSupply::prepared_path() const { return folder_ + "/prepared" + std::string(kPassingSuffix); }
std::string SegmentSupply::spare_path() const { return folder_ + "/spare" + std::string(kPassingSuffix); }

Result<SegmentSupply::Prepared> SegmentSupply::take(uint64_t bytes_min, uint64_t bytes_wanted) {
  if (preparing_bytes_) {
    preparing_.join();
    const uint64_t bytes = *std::exchange(preparing_bytes_, std::nullopt);
    if (preparing_outcome_ && bytes >= bytes_min) return Prepared{prepared_path(), bytes};
  }
  auto made = make(bytes_wanted);
  if (made) return Prepared{prepared_path(), bytes_wanted};
  if (bytes_min == bytes_wanted) return std::unexpected(std::move(made).error());
  MAGNETITE_RETURN_IF_ERROR(make(bytes_min));
  return Prepared{prepared_path(), bytes_min};
}

void SegmentSupply::prepare_ahead(uint64_t bytes) {
  if (preparing_bytes_) return;
  preparing_bytes_ = bytes;
  preparing_ = executor_.spawn("log-prepare", [this, bytes] { preparing_outcome_ = make(bytes); });
}

Result<> SegmentSupply::make(uint64_t bytes) {
  bool from_spare = false;
  {
    const MutexLock lock(mutex_);
    if (spare_ && spare_->name_is_durable && spare_->bytes == bytes) {
      from_spare = true;
      spare_.reset();
    }
  }
  if (from_spare) {
    MAGNETITE_RETURN_IF_ERROR(zero_file(disk_, spare_path(), bytes));
    return disk_.rename(spare_path(), prepared_path());
  }
  return make_zeroed_file(disk_, prepared_path(), bytes);
}

bool SegmentSupply::recycle(const std::string& path, uint64_t bytes) {
  {
    const MutexLock lock(mutex_);
    if (spare_) return false;
    spare_ = Spare{bytes, false};
  }
  if (disk_.rename(path, spare_path())) return true;
  const MutexLock lock(mutex_);
  spare_.reset();
  return false;
}

void SegmentSupply::recycled() {
  const MutexLock lock(mutex_);
  if (spare_) spare_->name_is_durable = true;
}

}  // namespace magnetite::write_buffer
