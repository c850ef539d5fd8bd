#include "lifecycle/memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "lifecycle/chunk_order.h"

namespace magnetite::lifecycle {
namespace {

struct Candidate {
  size_t partition;
  model::ChunkId chunk;
  uint64_t bytes;
  WallTime age;
};

uint64_t unpersisted_bytes(const PartitionView& partition) {
  uint64_t bytes = 0;
  for (const ChunkView& chunk : partition.chunks) {
    if (!chunk.persisted()) bytes += chunk.memory_bytes;
  }
  return bytes;
}

class Relief {
 public:
  Relief(std::span<const PartitionView> partitions, const model::LifecycleRules& rules, Now now,
         const MemoryView& memory, std::span<const Decided> decided)
      : partitions_(partitions), rules_(rules), now_(now), decided_(decided) {
    // Strictly below the limit is enough.
    const uint64_t excess = memory.used_bytes - memory.soft_bytes + 1;
    missing_ = excess - std::min(excess, memory.freeing_bytes);
    reason_ = fmt::format("{} bytes in memory, the soft limit is {}", memory.used_bytes, memory.soft_bytes);
  }

  std::vector<Action> run(size_t persists_max) && {
    unload();
    count_running_persists();
    persist(persists_max);
    drop();
    return std::move(actions_);
  }

 private:
  void add(size_t partition, decltype(Action::what) what) {
    actions_.push_back({partitions_[partition].table, partitions_[partition].partition_key, std::move(what), reason_});
  }
  void freed(uint64_t bytes) { missing_ -= std::min(missing_, bytes); }

  void unload() {
    std::vector<Candidate> candidates;
    for (size_t i = 0; i < partitions_.size() && missing_ > 0; ++i) {
      for (const ChunkView& chunk : partitions_[i].chunks) {
        if (chunk.stage == Stage::kPersisted && chunk.idle() && chunk.memory_bytes > 0)
          candidates.push_back({i, chunk.id, chunk.memory_bytes, chunk.last_use});
      }
    }
    std::ranges::stable_sort(candidates, {}, &Candidate::age);
    for (const Candidate& candidate : candidates) {
      if (missing_ == 0) return;
      add(candidate.partition, Unload{candidate.chunk});
      freed(candidate.bytes);
    }
  }

  // What is being persisted, or will be after this pass, can be unloaded soon.
  void count_running_persists() {
    for (size_t i = 0; i < partitions_.size(); ++i) {
      if (partitions_[i].unpersisted.flushing || decided_[i] == Decided::kPersist)
        freed(unpersisted_bytes(partitions_[i]));
    }
  }

  void persist(size_t persists_max) {
    if (!rules_.persist || missing_ == 0 || persists_max == 0) return;
    std::vector<std::pair<uint64_t, size_t>> largest;
    for (size_t i = 0; i < partitions_.size(); ++i) {
      const PartitionView& partition = partitions_[i];
      if (decided_[i] != Decided::kNothing || partition.unpersisted.flushing ||
          retry_at(partition.persists) > now_.mono)
        continue;
      if (const uint64_t bytes = unpersisted_bytes(partition); bytes > 0) largest.emplace_back(bytes, i);
    }
    std::ranges::stable_sort(largest, std::ranges::greater{}, &std::pair<uint64_t, size_t>::first);
    for (const auto& [bytes, i] : largest) {
      if (missing_ == 0 || persists_max == 0) return;
      const auto wanted = chunks_to_persist(partitions_[i].chunks, std::nullopt);
      if (wanted.blocked || wanted.chunks.empty()) continue;
      add(i, Persist{ids(partitions_[i].chunks, wanted.chunks), std::nullopt});
      persisted_early_.push_back(i);
      freed(bytes);
      --persists_max;
    }
  }

  void drop() {
    if (!rules_.drop_non_persisted || missing_ == 0) return;
    std::vector<Candidate> candidates;
    for (size_t i = 0; i < partitions_.size(); ++i) {
      if (decided_[i] != Decided::kNothing || partitions_[i].unpersisted.flushing ||
          std::ranges::contains(persisted_early_, i))
        continue;
      // From the first one on: what is dropped counts as persisted, so nothing older may remain.
      for (const ChunkView& chunk : partitions_[i].chunks) {
        if (chunk.persisted()) continue;
        if (chunk.stage == Stage::kOpen || !chunk.idle()) break;
        const WallTime older =
            candidates.empty() || candidates.back().partition != i ? chunk.last_write : candidates.back().age;
        candidates.push_back({i, chunk.id, chunk.memory_bytes, std::max(older, chunk.last_write)});
      }
    }
    std::ranges::stable_sort(candidates, {}, &Candidate::age);
    for (const Candidate& candidate : candidates) {
      if (missing_ == 0) return;
      add(candidate.partition, Drop{candidate.chunk});
      freed(candidate.bytes);
    }
  }

  const std::span<const PartitionView> partitions_;
  const model::LifecycleRules& rules_;
  const Now now_;
  const std::span<const Decided> decided_;
  uint64_t missing_ = 0;
  std::string reason_;
  std::vector<size_t> persisted_early_;
  std::vector<Action> actions_;
};

}  // namespace

std::vector<Action> relieve(std::span<const PartitionView> partitions, const model::LifecycleRules& rules, Now now,
                            const MemoryView& memory, size_t persists_max, std::span<const Decided> decided) {
  if (memory.soft_bytes == 0 || memory.used_bytes < memory.soft_bytes) return {};
  return Relief(partitions, rules, now, memory, decided).run(persists_max);
}

}  // namespace magnetite::lifecycle
