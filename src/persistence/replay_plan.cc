#include "persistence/replay_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace magnetite::persistence {
namespace {

std::string text(const PartitionName& partition) {
  return fmt::format("partition '{}' of table '{}'", partition.partition_key, partition.table);
}

std::unexpected<Error> corrupt(std::string message) { return fail(ErrorCode::kCorruption, std::move(message)); }

}  // namespace

const OptionalMinMaxSequence* ReplayPlan::replay_range(model::SequencerId sequencer) const {
  const auto found = database_.ranges.find(sequencer);
  return found == database_.ranges.end() ? nullptr : &found->second;
}

const PartitionCheckpoint* ReplayPlan::last_partition_checkpoint(const PartitionName& partition) const {
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? nullptr : &found->second;
}

std::optional<ReplayPlan::Start> ReplayPlan::start(model::SequencerId sequencer) const {
  const auto* range = replay_range(sequencer);
  if (!range) return std::nullopt;
  Start start;
  if (const auto first = range->first_unpersisted(); !first.after_all_numbers) start.seek = first.number;
  if (range->min()) start.last = range->max();
  return start;
}

std::vector<model::SequencerId> ReplayPlan::sequencer_ids() const {
  std::vector<model::SequencerId> ids;
  for (const auto& [id, range] : database_.ranges) ids.push_back(id);
  return ids;
}

std::vector<PartitionName> ReplayPlan::partitions() const {
  std::vector<PartitionName> names;
  for (const auto& [name, checkpoint] : partitions_) names.push_back(name);
  return names;
}

Result<> ReplayPlan::check_sequencers(const std::vector<model::SequencerId>& known) const {
  for (const auto& [id, range] : database_.ranges) {
    if (std::ranges::contains(known, id)) continue;
    std::vector<uint32_t> ids;
    for (const auto one : known) ids.push_back(one.value);
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("the catalog knows sequencer {}, the log has only {}", id.value, fmt::join(ids, ", ")));
  }
  return {};
}

Result<> ReplayPlan::check_extent(model::SequencerId sequencer, model::SequenceNumber low,
                                  model::SequenceNumber high) const {
  const auto* range = replay_range(sequencer);
  if (!range) return {};
  if (high <= range->max())
    return corrupt(
        fmt::format("sequencer {}: the log ends before number {}, but number {} was read from it earlier: it was "
                    "truncated or made anew",
                    sequencer.value, high.value, range->max().value));
  const auto first = range->first_unpersisted();
  if (first.after_all_numbers || low > first.number)
    return corrupt(
        fmt::format("sequencer {}: the log starts at number {}, but number {} may not be persisted yet: the "
                    "entries between were deleted",
                    sequencer.value, low.value, first.number.value));
  return {};
}

Result<bool> ReplayPlan::is_last(model::Sequence read) const {
  const auto* range = replay_range(read.sequencer);
  if (!range || !range->min() || read.number == range->max()) return true;
  if (read.number > range->max())
    return corrupt(fmt::format("sequencer {}: number {} follows where {} should come: entries were lost",
                               read.sequencer.value, read.number.value, range->max().value));
  return false;
}

ReplayPlanner::ReplayPlanner(model::Uuid log_id) : database_{log_id, {}} {}

void ReplayPlanner::add(PartitionCheckpoint checkpoint) {
  if (checkpoint.log_id != database_.log_id) return;
  auto& latest = latest_[{checkpoint.table, checkpoint.partition_key}];
  for (PartitionCheckpoint& other : latest) {
    const auto order = compare(checkpoint, other);
    if (order == std::partial_ordering::less) return;
    if (order == std::partial_ordering::equivalent) {
      // Both tell the truth, so more rows are persisted than either says alone.
      other.flush_timestamp = std::max(other.flush_timestamp, checkpoint.flush_timestamp);
      return;
    }
  }
  std::erase_if(latest, [&](const auto& other) { return compare(other, checkpoint) == std::partial_ordering::less; });
  latest.push_back(std::move(checkpoint));
}

void ReplayPlanner::add(const DatabaseCheckpoint& checkpoint) {
  if (checkpoint.log_id != database_.log_id) return;
  auto folded = fold(std::move(database_), checkpoint);
  database_ = std::move(folded.checkpoint);
  for (const FoldWarning& warning : folded.warnings) warnings_.push_back(warning.text());
}

Result<ReplayPlan> ReplayPlanner::build() && {
  ReplayPlan plan;
  plan.warnings_ = std::move(warnings_);
  for (auto& [name, latest] : latest_) {
    if (latest.size() > 1)
      return corrupt(fmt::format("{}: two of its checkpoints contradict; neither is the later one", text(name)));
    for (const auto& [sequencer, range] : latest.front().ranges) {
      const auto known = database_.ranges.find(sequencer);
      if (known == database_.ranges.end())
        return corrupt(fmt::format("{}: its checkpoint names sequencer {}, no database checkpoint does", text(name),
                                   sequencer.value));
      if (range.max() > known->second.max())
        return corrupt(fmt::format("{}: its checkpoint has seen number {} of sequencer {}, the database only {}",
                                   text(name), range.max().value, sequencer.value, known->second.max().value));
      if (range.min() && range.first_unpersisted() < known->second.first_unpersisted())
        plan.warnings_.push_back(fmt::format(
            "{}: number {} of sequencer {} was not persisted when it was persisted last, the database has no "
            "need of it any more (dropped data)",
            text(name), range.min()->value, sequencer.value));
    }
    plan.partitions_.emplace(name, std::move(latest.front()));
  }
  plan.database_ = std::move(database_);
  return plan;
}

}  // namespace magnetite::persistence
