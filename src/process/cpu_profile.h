// Samples of where the process spends CPU time, in the format of gperftools that pprof reads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/executor.h"
#include "base/result.h"

namespace magnetite::process {

inline constexpr uint32_t kProfileFrequencyMax = 1'000;  // samples of a second of CPU time

class CpuProfiler;

// A profile that is being taken; going away ends it. end() may come from any thread, the rest from one.
class CpuProfile {
 public:
  ~CpuProfile();
  CpuProfile(const CpuProfile&) = delete;
  CpuProfile& operator=(const CpuProfile&) = delete;

  void wait(Duration length);  // returns early once end() was called or the profiler stops
  void end();
  Result<std::string> finish();  // what was sampled until now

 private:
  friend class CpuProfiler;
  CpuProfile(CpuProfiler& profiler, int file, uint32_t frequency);
  CpuProfiler& profiler_;
  const int file_;
  const uint32_t frequency_;
  bool running_ = true;
};

// Thread-safe. The one of its process, and outlives its profiles.
class CpuProfiler {
 public:
  explicit CpuProfiler(Executor& executor) : executor_(executor), changed_(executor) {}

  // kAlreadyExists while another one runs, kShutdown after stop(), kUnavailable when the system refuses.
  Result<std::unique_ptr<CpuProfile>> begin(uint32_t frequency) EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);

 private:
  friend class CpuProfile;
  void wait(Duration length) EXCLUDES(mutex_);
  void end() EXCLUDES(mutex_);
  void release() EXCLUDES(mutex_);

  Executor& executor_;
  Mutex mutex_;
  Signal changed_;
  bool taken_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace magnetite::process
