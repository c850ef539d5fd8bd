#include "catalog/commit_protocol.h"

namespace magnetite::catalog {

void CommitProtocol::put_answered(const Result<>& answer) {
  error_.reset();
  if (answer) {
    maybe_done_ = true;
    step_ = Step::kCheckOwner;
    return;
  }
  if (answer.error().code() == ErrorCode::kAlreadyExists) {
    maybe_done_ = true;  // perhaps by an earlier try of ours, inside the store
    step_ = Step::kReadBack;
    return;
  }
  error_ = answer.error();
  maybe_done_ |= answer.error().code() == ErrorCode::kUnclear;
  if (!maybe_done_) step_ = Step::kNotCommitted;
}

void CommitProtocol::read_back_answered(const Result<bool>& is_ours) {
  error_.reset();
  if (is_ours) {
    step_ = *is_ours ? Step::kCheckOwner : Step::kFenced;
  } else if (is_ours.error().code() == ErrorCode::kNotFound) {
    step_ = Step::kPut;  // somebody pruned it; putting it again leads to that somebody's checkpoint
  } else {
    error_ = is_ours.error();
  }
}

void CommitProtocol::owner_answered(const Result<bool>& is_foreign) {
  error_.reset();
  if (is_foreign)
    step_ = *is_foreign ? Step::kFenced : Step::kCommitted;
  else
    error_ = is_foreign.error();
}

}  // namespace magnetite::catalog
