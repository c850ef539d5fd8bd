#include "persistence/database_watermarks.h"

#include <algorithm>

#include "base/check.h"

namespace magnetite::persistence {

void DatabaseWatermarks::advance(model::Sequence applied) {
  auto& max = sequencers_[applied.sequencer].max;
  max = std::max(max, applied.number);
}

void DatabaseWatermarks::advance(const DatabaseCheckpoint& seen) {
  MAGNETITE_CHECK(seen.log_id == log_id_);
  for (const auto& [sequencer, range] : seen.ranges) advance({sequencer, range.max()});
}

void DatabaseWatermarks::apply(std::span<const MinimumChange> changes) {
  for (const MinimumChange& change : changes) {
    Sequencer& sequencer = sequencers_[change.sequencer];
    if (change.before) {
      const auto found = sequencer.minima.find(*change.before);
      MAGNETITE_CHECK(found != sequencer.minima.end());
      if (--found->second == 0) sequencer.minima.erase(found);
    }
    if (change.after) {
      ++sequencer.minima[*change.after];
      sequencer.max = std::max(sequencer.max, *change.after);
    }
  }
}

DatabaseCheckpoint DatabaseWatermarks::checkpoint_after(std::span<const MinimumChange> changes) const {
  std::map<model::SequencerId, Minima> gone;
  std::map<model::SequencerId, model::SequenceNumber> come;  // the smallest
  for (const MinimumChange& change : changes) {
    if (change.before) ++gone[change.sequencer][*change.before];
    if (!change.after) continue;
    const auto [smallest, added] = come.try_emplace(change.sequencer, *change.after);
    if (!added) smallest->second = std::min(smallest->second, *change.after);
  }
  DatabaseCheckpoint checkpoint{log_id_, {}};
  for (const auto& [id, sequencer] : sequencers_) {
    const auto left = std::ranges::find_if(sequencer.minima, [&](const auto& minimum) {
      const auto found = gone.find(id);
      if (found == gone.end()) return true;
      const auto count = found->second.find(minimum.first);
      return count == found->second.end() || count->second < minimum.second;
    });
    std::optional<model::SequenceNumber> min;
    if (left != sequencer.minima.end()) min = left->first;
    if (const auto found = come.find(id); found != come.end())
      min = std::min(min.value_or(found->second), found->second);
    checkpoint.ranges.emplace(id, min ? OptionalMinMaxSequence::unpersisted(*min, sequencer.max)
                                      : OptionalMinMaxSequence::persisted(sequencer.max));
  }
  return checkpoint;
}

}  // namespace magnetite::persistence
