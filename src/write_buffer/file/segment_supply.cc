#include "write_buffer/file/segment_supply.h"

#include <utility>

#include "write_buffer/file/segment_files.h"

namespace magnetite::write_buffer {

SegmentSupply::SegmentSupply(Disk& disk, Executor& executor, std::string folder, uint64_t segment_bytes)
    : disk_(disk), executor_(executor), folder_(std::move(folder)), segment_bytes_(segment_bytes) {}

std::string SegmentSupply::prepared_path() const { return folder_ + "/prepared" + std::string(kPassingSuffix); }

Result<SegmentSupply::Prepared> SegmentSupply::take(uint64_t bytes_min, uint64_t bytes_wanted) {
  if (auto spare = take_spare(bytes_wanted)) return *std::move(spare);
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
  {
    const MutexLock lock(mutex_);
    if (bytes == segment_bytes_ && !spares_.empty()) return;
  }
  preparing_bytes_ = bytes;
  preparing_ = executor_.spawn("log-prepare", [this, bytes] { preparing_outcome_ = make(bytes); });
}

Result<> SegmentSupply::make(uint64_t bytes) { return make_zeroed_file(disk_, prepared_path(), bytes); }

std::optional<SegmentSupply::Prepared> SegmentSupply::take_spare(uint64_t bytes) {
  const MutexLock lock(mutex_);
  if (bytes != segment_bytes_ || spares_.empty()) return std::nullopt;
  Prepared spare{std::move(spares_.back()), segment_bytes_};
  spares_.pop_back();
  return spare;
}

bool SegmentSupply::wants_spare(uint64_t bytes) const {
  const MutexLock lock(mutex_);
  return bytes == segment_bytes_ && spares_.size() < kSparesMax;
}

void SegmentSupply::add_spare(std::string path) {
  const MutexLock lock(mutex_);
  spares_.push_back(std::move(path));
}

}  // namespace magnetite::write_buffer
