// What one partition wants, each question on its own. Positions in the answers refer to the view's chunks, ascending.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lifecycle/views.h"
#include "model/database_rules.h"

namespace magnetite::lifecycle {

// Up to when to persist, and why; chunks are another question.
struct PersistChoice {
  std::optional<int64_t> split_timestamp;  // never after now; absent: everything
  std::string reason;
};
std::optional<PersistChoice> choose_persist(const PartitionView& partition, const model::LifecycleRules& rules,
                                            WallTime now);

struct MergeChoice {
  std::vector<size_t> chunks;
  std::string reason;
};
// Neighbours in memory: at least two, or one that is still columns.
std::optional<MergeChoice> choose_compaction(const PartitionView& partition, const model::LifecycleRules& rules,
                                             WallTime now);

// Neighbours among the persisted files. In a quiet partition those that overlap in time, so that no identity is in two
// files; at any time small ones, so that there are few.
inline constexpr size_t kSmallFilesMax = 16;
inline constexpr size_t kMergedFilesMax = 32;  // bounds a job's open inputs
std::optional<MergeChoice> choose_file_compaction(const PartitionView& partition, const model::LifecycleRules& rules,
                                                  WallTime now);

// For people who ask: the longest run of neighbours in memory that may become one, busy ones left out; with nothing to
// merge there, such a run of files.
struct FullCompaction {
  std::vector<size_t> chunks;
  bool files = false;
};
std::optional<FullCompaction> choose_full_compaction(const PartitionView& partition);

// Quiet long enough that late rows are not expected: big files are worth rewriting.
Duration quiet_after(const model::LifecycleRules& rules);

}  // namespace magnetite::lifecycle
