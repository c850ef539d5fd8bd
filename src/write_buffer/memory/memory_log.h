// A log in memory that behaves like a real one: shared by many writers and readers, with holes and injected errors.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer {

// What writers and readers share; they keep it alive. Thread-safe.
class MemoryLog {
 public:
  static Result<std::shared_ptr<MemoryLog>> make(Executor& executor, uint32_t sequencer_count);
  virtual ~MemoryLog() = default;

  virtual std::unique_ptr<Writer> make_writer() = 0;
  virtual std::unique_ptr<Reader> make_reader() = 0;

  // Misuse (unknown sequencer, a number not above the last, the last number there is) is kInvalidInput.
  virtual Result<> push(SequencedRecord record) = 0;
  // Delivered once per pass, after what was pushed before it; a seek beyond that place passes over it.
  virtual Result<> push_error(model::SequencerId sequencer, Error error) = 0;
  virtual std::vector<SequencedRecord> records(model::SequencerId sequencer) const = 0;
  virtual void clear(model::SequencerId sequencer) = 0;
};

// Logs by name, as a broker has topics. Thread-safe; `executor` outlives it and its logs.
class MemoryLogs {
 public:
  explicit MemoryLogs(Executor& executor) : executor_(executor) {}
  // kNotFound where it is missing and may not be created. An existing log keeps its sequencers.
  Result<std::shared_ptr<MemoryLog>> open(std::string_view name, std::optional<uint32_t> create_sequencers)
      EXCLUDES(mutex_);

 private:
  Executor& executor_;
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<MemoryLog>, std::less<>> logs_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::write_buffer
