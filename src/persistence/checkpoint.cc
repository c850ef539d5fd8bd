#include "persistence/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace magnetite::persistence {
namespace {

// Two partial orders that must agree.
std::partial_ordering both(std::partial_ordering left, std::partial_ordering right) {
  if (left == right || right == std::partial_ordering::equivalent) return left;
  if (left == std::partial_ordering::equivalent) return right;
  return std::partial_ordering::unordered;
}

}  // namespace

Result<OptionalMinMaxSequence> OptionalMinMaxSequence::make(std::optional<model::SequenceNumber> min,
                                                            model::SequenceNumber max) {
  if (min && *min > max)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("a range of sequence numbers cannot start at {} and end at {}", min->value, max.value));
  return OptionalMinMaxSequence(min, max);
}

OptionalMinMaxSequence OptionalMinMaxSequence::unpersisted(model::SequenceNumber min, model::SequenceNumber max) {
  MAGNETITE_CHECK(min <= max);
  return {min, max};
}

OptionalMinMaxSequence OptionalMinMaxSequence::from(FirstUnpersisted first, model::SequenceNumber max) {
  if (first.after_all_numbers || first.number > max) return persisted(max);
  return {first.number, max};
}

FirstUnpersisted OptionalMinMaxSequence::first_unpersisted() const {
  if (min_) return {.number = *min_};
  if (max_.value == UINT64_MAX) return {.after_all_numbers = true, .number = {}};
  return {.number = {max_.value + 1}};
}

std::partial_ordering OptionalMinMaxSequence::operator<=>(const OptionalMinMaxSequence& other) const {
  return both(first_unpersisted() <=> other.first_unpersisted(), max_ <=> other.max_);
}

std::string OptionalMinMaxSequence::text() const {
  return min_ ? fmt::format("({},{})", min_->value, max_.value) : fmt::format("(-,{})", max_.value);
}

std::partial_ordering compare(const PartitionCheckpoint& left, const PartitionCheckpoint& right) {
  if (left.log_id != right.log_id || left.table != right.table || left.partition_key != right.partition_key)
    return std::partial_ordering::unordered;
  auto order = std::partial_ordering::equivalent;
  size_t shared = 0;
  for (const auto& [sequencer, range] : left.ranges) {
    const auto found = right.ranges.find(sequencer);
    if (found == right.ranges.end()) continue;
    ++shared;
    order = both(order, range <=> found->second);
  }
  if (left.ranges.size() > shared) order = both(order, std::partial_ordering::greater);
  if (right.ranges.size() > shared) order = both(order, std::partial_ordering::less);
  return order;
}

std::string FoldWarning::text() const {
  return fmt::format(
      "sequencer {}: checkpoint {} contradicts checkpoint {}; the latter is used, so more may be replayed",
      sequencer.value, doubted.text(), kept.text());
}

FoldedCheckpoint fold(DatabaseCheckpoint left, const DatabaseCheckpoint& right) {
  MAGNETITE_CHECK(left.log_id == right.log_id);
  FoldedCheckpoint folded{std::move(left), {}};
  for (const auto& [sequencer, range] : right.ranges) {
    const auto [entry, added] = folded.checkpoint.ranges.try_emplace(sequencer, range);
    if (added) continue;
    OptionalMinMaxSequence& kept = entry->second;
    OptionalMinMaxSequence other = range;
    const auto order = kept <=> other;
    // Where they disagree, the one that saw more has the smaller first unpersisted number.
    if (order == std::partial_ordering::less || (order == std::partial_ordering::unordered && kept.max() < other.max()))
      std::swap(kept, other);
    if (order == std::partial_ordering::unordered) folded.warnings.push_back({sequencer, kept, other});
  }
  return folded;
}

}  // namespace magnetite::persistence
