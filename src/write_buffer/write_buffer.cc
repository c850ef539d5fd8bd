#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer {

Result<StoredAt> Writer::store(model::SequencerId sequencer, const Record& record, MonoTime deadline) {
  MAGNETITE_TRY(const std::shared_ptr<PendingAppend> pending, append(sequencer, record));
  std::optional<Result<StoredAt>> outcome = pending->wait_until(deadline);
  if (!outcome) return fail(ErrorCode::kUnclear, "the write buffer did not answer in time");
  return *std::move(outcome);
}

}  // namespace magnetite::write_buffer
