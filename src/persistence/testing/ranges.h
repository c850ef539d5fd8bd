// Short forms for tests.
#pragma once

#include <utility>
#include <vector>

#include "persistence/checkpoint.h"

namespace magnetite::persistence::testing {

inline OptionalMinMaxSequence range(uint64_t min, uint64_t max) {
  return OptionalMinMaxSequence::unpersisted({min}, {max});
}
inline OptionalMinMaxSequence persisted(uint64_t max) { return OptionalMinMaxSequence::persisted({max}); }

using Ranges = std::vector<std::pair<uint32_t, OptionalMinMaxSequence>>;
inline SequencerRanges ranges(const Ranges& list) {
  SequencerRanges result;
  for (const auto& [sequencer, one] : list) result.emplace(model::SequencerId{sequencer}, one);
  return result;
}

}  // namespace magnetite::persistence::testing
