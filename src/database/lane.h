// The order of one sequencer: entries take their place in the log and are applied in exactly that order, each by
// whichever waiting writer gets there first.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "base/executor.h"
#include "base/mutex.h"
#include "base/result.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::database {

// Thread-safe.
class Lane {
 public:
  // Runs for a stored entry, in log order, one at a time. Owns whatever the record's payload refers to.
  using Apply = std::move_only_function<void(const write_buffer::StoredAt&)>;
  class Ticket;

  // Entries are applied under `gate`; it and the writer outlive this.
  Lane(write_buffer::Writer& writer, model::SequencerId sequencer, Mutex& gate)
      : writer_(writer), sequencer_(sequencer), gate_(gate) {}

  // Takes the entry's place in the log; nothing was taken when it fails.
  Result<std::shared_ptr<Ticket>> enter(const write_buffer::Record& record, Apply apply) EXCLUDES(order_mutex_);

  // Waits until the entry is stored and everything up to it is applied. After an error `apply` did not run; after
  // kUnclear it may still run, in its place.
  Result<write_buffer::StoredAt> finish(Ticket& ticket, MonoTime deadline) EXCLUDES(order_mutex_, gate_);

 private:
  void apply_through(const Ticket& last, MonoTime deadline) EXCLUDES(order_mutex_) REQUIRES(gate_);

  write_buffer::Writer& writer_;
  const model::SequencerId sequencer_;
  Mutex order_mutex_;  // held over append(), which only takes a place in a queue: the two orders must agree
  std::deque<std::shared_ptr<Ticket>> tickets_ GUARDED_BY(order_mutex_);
  Mutex& gate_;
};

class Lane::Ticket {
 private:
  friend class Lane;
  std::shared_ptr<write_buffer::PendingAppend> pending_;
  Apply apply_;
  bool done_ = false;  // guarded by the lane's gate
};

}  // namespace magnetite::database
