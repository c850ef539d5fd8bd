#include "process/cpu_profile.h"

#include <fmt/format.h>
#include <gperftools/profiler.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "base/check.h"

namespace magnetite::process {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr size_t kPeriodOffset = 3 * sizeof(uint64_t);  // in the profile's header: microseconds between samples

// The library reads its frequency once, before main(); the timer it has set is set anew.
void set_frequency(uint32_t frequency) {
  const int64_t period = kMicrosPerSecond / frequency;
  itimerval timer{};
  timer.it_interval = {period / kMicrosPerSecond, period % kMicrosPerSecond};
  timer.it_value = timer.it_interval;
  ::setitimer(ITIMER_PROF, &timer, nullptr);
}

Result<std::string> read_whole(int file) {
  constexpr off_t kBytesMax = 256 << 20;
  struct stat status{};
  if (::fstat(file, &status) != 0 || status.st_size > kBytesMax)
    return fail(ErrorCode::kUnavailable, "the profile cannot be read");
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  size_t used = 0;
  while (used < bytes.size()) {
    const ssize_t size = ::pread(file, bytes.data() + used, bytes.size() - used, static_cast<off_t>(used));
    if (size <= 0) return fail(ErrorCode::kUnavailable, "the profile cannot be read");
    used += static_cast<size_t>(size);
  }
  return bytes;
}

}  // namespace

CpuProfile::CpuProfile(CpuProfiler& profiler, int file, uint32_t frequency)
    : profiler_(profiler), file_(file), frequency_(frequency) {}

CpuProfile::~CpuProfile() {
  if (running_) ::ProfilerStop();
  ::close(file_);
  profiler_.release();
}

void CpuProfile::wait(Duration length) { profiler_.wait(length); }
void CpuProfile::end() { profiler_.end(); }

Result<std::string> CpuProfile::finish() {
  if (std::exchange(running_, false)) ::ProfilerStop();
  MAGNETITE_TRY(std::string bytes, read_whole(file_));
  if (bytes.size() < kPeriodOffset + sizeof(uint64_t)) return fail(ErrorCode::kInternal, "the profile has no header");
  const uint64_t period = kMicrosPerSecond / frequency_;
  std::memcpy(bytes.data() + kPeriodOffset, &period, sizeof period);
  return bytes;
}

Result<std::unique_ptr<CpuProfile>> CpuProfiler::begin(uint32_t frequency) {
  MAGNETITE_CHECK(frequency > 0 && frequency <= kProfileFrequencyMax);
  {
    const MutexLock lock(mutex_);
    if (stopping_) return fail(ErrorCode::kShutdown, "the server is stopping");
    if (taken_) return fail(ErrorCode::kAlreadyExists, "a profile is being taken already");
    taken_ = true;
    ended_ = false;
  }
  // In memory, not on a disk that may be full.
  const int file = ::memfd_create("cpu-profile", MFD_CLOEXEC);
  if (file < 0 || ::ProfilerStart(fmt::format("/proc/self/fd/{}", file).c_str()) == 0) {
    if (file >= 0) ::close(file);
    release();
    return fail(ErrorCode::kUnavailable, "the system refuses to take a profile");
  }
  set_frequency(frequency);
  return std::unique_ptr<CpuProfile>(new CpuProfile(*this, file, frequency));
}

void CpuProfiler::stop() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void CpuProfiler::wait(Duration length) {
  const MonoTime deadline = executor_.clock().mono_now() + length;
  const MutexLock lock(mutex_);
  while (!ended_ && !stopping_ && changed_.wait_until(mutex_, deadline, WaitReason::kTimer) != WaitOutcome::kDeadline) {
  }
}

void CpuProfiler::end() {
  const MutexLock lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void CpuProfiler::release() {
  const MutexLock lock(mutex_);
  taken_ = false;
}

}  // namespace magnetite::process
