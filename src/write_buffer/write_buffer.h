// A sequenced log: one ordered stream of records per sequencer. Implementations: memory, file (the local log), Kafka
// and Redis; one conformance suite (testing/) holds them all to this page.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/ids.h"

namespace magnetite::write_buffer {

using Headers = std::vector<std::pair<std::string, std::string>>;

// Headers and payload are opaque to the log and come back byte for byte.
struct Record {
  Headers headers;
  std::string_view payload;  // must live until the append resolved
};

struct StoredAt {
  model::Sequence sequence;
  WallTime written_at;  // producer's clock at append, at least to the millisecond; read back equal
  bool operator==(const StoredAt&) const = default;
};

struct SequencedRecord {
  StoredAt stored_at;
  Headers headers;
  std::string payload;
};

// The outcome of an append. Thread-safe. Dropping it does not undo the append.
class PendingAppend {
 public:
  virtual ~PendingAppend() = default;
  // nullopt = not known at the deadline. Errors: kUnclear = it may still appear, at its position only; all others
  // (kUnavailable, kResourceExhausted, kTooLarge, kFailedPrecondition) = surely not stored. The same answer every time
  // once known.
  virtual std::optional<Result<StoredAt>> wait_until(MonoTime deadline) = 0;
};

struct WriterStatus {
  std::string mode;       // e.g. "file, sync=commit"
  bool accepting = true;  // false: appends fail until `problem` is gone
  std::string problem;
  uint64_t bytes_on_disk = 0;
};

// Thread-safe.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual std::string_view type_name() const = 0;  // "memory", "file", ...
  virtual model::Uuid log_id() const = 0;
  // Ascending, never empty, the same for all writers of one log.
  virtual const std::vector<model::SequencerId>& sequencer_ids() const = 0;

  // Takes the record's place in the sequencer's order without waiting for storage: appends of one sequencer get
  // ascending numbers in call order. Errors: kInvalidInput (unknown sequencer), kTooLarge, kResourceExhausted
  // (queue full), kUnavailable, kShutdown, kFailedPrecondition (this is not the log it was any more: an operator must
  // act); then nothing was taken.
  virtual Result<std::shared_ptr<PendingAppend>> append(model::SequencerId sequencer, const Record& record) = 0;

  // Above this, headers included, append() answers kTooLarge.
  virtual uint64_t record_bytes_max() const { return UINT64_MAX; }

  // append + wait; kUnclear at the deadline.
  Result<StoredAt> store(model::SequencerId sequencer, const Record& record, MonoTime deadline);

  // Records of `sequencer` below `first_needed` are needed no more. They may stay as long as the log likes, it gives up
  // whole pieces; the low watermark says what is left. A number below an earlier one changes nothing, one above the
  // high watermark means that. Not remembered over a restart. kInvalidInput for an unknown sequencer; after
  // other errors it may be repeated.
  virtual Result<> trim(model::SequencerId sequencer, model::SequenceNumber first_needed) = 0;

  virtual WriterStatus status() const = 0;
};

// One sequencer's records in order; never ends. Not thread-safe; different streams may be used in parallel.
class Stream {
 public:
  virtual ~Stream() = default;
  // The next record, or nullopt at the deadline. Errors:
  // kCorruption: an error item, a damaged or foreign record. It is counted and passed over; the stream goes on.
  // kFailedPrecondition: what comes next was lost, or this is not the log it was (a topic that was made again). Stays
  // until a seek() where records were lost, for ever where the log is another. Not every log can tell.
  // Others may pass: ask again.
  virtual Result<std::optional<SequencedRecord>> next(MonoTime deadline) = 0;
  // No record below it will come any more: all were delivered or passed over, or there are none. While next() has
  // nothing to deliver it reaches the high watermark: by the first nullopt where the log is in this process, after some
  // where a broker must be heard.
  virtual model::SequenceNumber position() const = 0;
  // Memory of a payload that is done with, for one to come. A courtesy: large ones are costly to take anew.
  virtual void recycle(std::string) {}
};

using Streams = std::map<model::SequencerId, std::unique_ptr<Stream>>;

struct ReaderStatus {
  std::string mode;          // e.g. "file"
  std::string problem;       // why nothing comes at the moment, e.g. no broker answers; empty = none known
  uint64_t error_items = 0;  // delivered by this reader
};

// The position belongs to the reader, not to the streams: a fresh reader starts at the smallest number available; new
// streams go on after the last record delivered. Not thread-safe, except status(); its streams may be used meanwhile.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual std::string_view type_name() const = 0;
  virtual model::Uuid log_id() const = 0;
  virtual const std::vector<model::SequencerId>& sequencer_ids() const = 0;

  // One independent stream per sequencer. kFailedPrecondition while an earlier set lives.
  virtual Result<Streams> streams() = 0;
  // Streams of the sequencers that the log gained since (mostly none); they join sequencer_ids() and the living set.
  // They begin at their smallest number. Where records go must not follow: order holds within a sequencer only.
  virtual Result<Streams> added_streams() { return Streams(); }
  // The next record delivered has number >= `number`, also when that is past the tail. kFailedPrecondition while
  // streams live; kInvalidInput for an unknown sequencer.
  virtual Result<> seek(model::SequencerId sequencer, model::SequenceNumber number) = 0;
  // The number the next record will get: last + 1, 0 when empty.
  virtual Result<model::SequenceNumber> high_watermark(model::SequencerId sequencer) = 0;
  // No record still there is below it, and no record at or above it was given up.
  virtual Result<model::SequenceNumber> low_watermark(model::SequencerId sequencer) = 0;

  virtual ReaderStatus status() const = 0;
};

}  // namespace magnetite::write_buffer
