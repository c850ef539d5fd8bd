// Decides how one commit goes on, from what the store answered. Pure: Catalog does the I/O.
//
//   kPut --done--------------------------> kCheckOwner --nobody else--> kCommitted
//    |  \--not done, never unclear-> kNotCommitted   \--foreign--> kFenced
//    |--unclear: again                                \--no answer: again
//    \--exists--> kReadBack --ours--> kCheckOwner
//                    |--another's--> kFenced
//                    \--no answer: again; gone: kPut
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"

namespace magnetite::catalog {

class CommitProtocol {
 public:
  enum class Step : uint8_t { kPut, kReadBack, kCheckOwner, kCommitted, kNotCommitted, kFenced };

  Step step() const { return step_; }
  bool ended() const { return step_ >= Step::kCommitted; }
  // Some put may have been done: until the end nobody knows, and nothing else may be committed.
  bool unclear() const { return maybe_done_ && !ended(); }
  // The last answer was a failure: wait before the next step.
  bool failed() const { return error_.has_value(); }
  const std::optional<Error>& error() const { return error_; }

  void put_answered(const Result<>& answer);             // kPut, of the same bytes every time
  void read_back_answered(const Result<bool>& is_ours);  // kReadBack: are these our bytes?
  void owner_answered(const Result<bool>& is_foreign);   // kCheckOwner: has somebody else gone on from here?

 private:
  Step step_ = Step::kPut;
  bool maybe_done_ = false;
  std::optional<Error> error_;
};

// When the next checkpoint is due.
struct CheckpointPressure {
  uint64_t transactions = 0;  // since the last checkpoint
  uint64_t transaction_bytes = 0;
  uint64_t checkpoint_bytes = 0;  // of the last one
};
inline constexpr uint64_t kTransactionBytesWorthACheckpoint = 256 * 1024;

constexpr bool checkpoint_due(const CheckpointPressure& pressure, uint64_t transactions_max) {
  if (pressure.transactions == 0) return false;
  return pressure.transactions >= transactions_max ||
         (pressure.transaction_bytes >= kTransactionBytesWorthACheckpoint &&
          pressure.transaction_bytes > pressure.checkpoint_bytes / 2);
}

}  // namespace magnetite::catalog
