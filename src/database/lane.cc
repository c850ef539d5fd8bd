#include "database/lane.h"

namespace magnetite::database {

Result<std::shared_ptr<Lane::Ticket>> Lane::enter(const write_buffer::Record& record, Apply apply) {
  auto ticket = std::make_shared<Ticket>();
  ticket->apply_ = std::move(apply);
  const MutexLock lock(order_mutex_);
  MAGNETITE_TRY(ticket->pending_, writer_.append(sequencer_, record));
  tickets_.push_back(ticket);
  return ticket;
}

Result<write_buffer::StoredAt> Lane::finish(Ticket& ticket, MonoTime deadline) {
  std::optional<Result<write_buffer::StoredAt>> outcome = ticket.pending_->wait_until(deadline);
  if (!outcome)
    return fail(ErrorCode::kUnclear,
                "the log did not answer in time; the write may still appear, repeating it is safe");
  const MutexLock lock(gate_);
  apply_through(ticket, deadline);
  if (!ticket.done_)
    return fail(ErrorCode::kUnclear, "an earlier entry of the log is unresolved; repeating the write is safe");
  return *std::move(outcome);
}

void Lane::apply_through(const Ticket& last, MonoTime deadline) {
  while (!last.done_) {
    std::shared_ptr<Ticket> front;
    {
      const MutexLock lock(order_mutex_);
      front = tickets_.front();
    }
    // Resolved by now as a rule: appends of a sequencer resolve in order, and `last` has.
    const auto outcome = front->pending_->wait_until(deadline);
    if (!outcome) return;
    if (*outcome) front->apply_(**outcome);
    front->apply_ = nullptr;
    front->done_ = true;
    const MutexLock lock(order_mutex_);
    tickets_.pop_front();
  }
}

}  // namespace magnetite::database
