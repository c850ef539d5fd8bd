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

  Lane(write_buffer::Writer& writer, model::SequencerId sequencer) : writer_(writer), sequencer_(sequencer) {}

  // Takes the entry's place in the log; nothing was taken when it fails.
  Result<std::shared_ptr<Ticket>> enter(const write_buffer::Record& record, Apply apply) EXCLUDES(order_mutex_);

  // Waits until the entry is stored and everything up to it is applied. After an error `apply` did not run; after
  // kUnclear it may still run, in its place.
  Result<write_buffer::StoredAt> finish(Ticket& ticket, MonoTime deadline) EXCLUDES(order_mutex_, apply_mutex_);

  // No entry is applied between the two: what a consistent cut needs. Short, and several lanes in one order.
  void pause() ACQUIRE(apply_mutex_) { apply_mutex_.lock(); }
  void resume() RELEASE(apply_mutex_) { apply_mutex_.unlock(); }

 private:
  void apply_through(const Ticket& last, MonoTime deadline) EXCLUDES(order_mutex_) REQUIRES(apply_mutex_);

  write_buffer::Writer& writer_;
  const model::SequencerId sequencer_;
  Mutex order_mutex_;  // held over append(), which only takes a place in a queue: the two orders must agree
  std::deque<std::shared_ptr<Ticket>> tickets_ GUARDED_BY(order_mutex_);
  Mutex apply_mutex_;
};

class Lane::Ticket {
 private:
  friend class Lane;
  std::shared_ptr<write_buffer::PendingAppend> pending_;
  Apply apply_;
  bool done_ = false;  // guarded by apply_mutex_
};

}  // namespace magnetite::database
