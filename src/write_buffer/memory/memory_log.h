// A log in memory that behaves like a real one: shared by many writers and readers, with holes and injected errors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer {

// Shared state; outlives its writers and readers. Thread-safe.
class MemoryLog {
 public:
  static std::shared_ptr<MemoryLog> make(Executor& executor, uint32_t sequencer_count);
  virtual ~MemoryLog() = default;

  virtual std::unique_ptr<Writer> make_writer() = 0;
  virtual std::unique_ptr<Reader> make_reader() = 0;

  // Misuse (unknown sequencer, a number not above the last) is kInvalidInput.
  virtual Result<> push(SequencedRecord record) = 0;
  virtual Result<> push_error(model::SequencerId sequencer, Error error) = 0;  // delivered once per pass, in place
  virtual std::vector<SequencedRecord> records(model::SequencerId sequencer) const = 0;
  virtual void clear(model::SequencerId sequencer) = 0;
};

}  // namespace magnetite::write_buffer
