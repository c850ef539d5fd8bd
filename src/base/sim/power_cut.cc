// What a power cut leaves of a DiskImage.
#include <algorithm>
#include <ranges>

#include "base/sim/disk_image.h"

namespace magnetite::sim {
namespace {

constexpr uint64_t kSectorBytes = 512;

uint64_t random_below(DiskImage::Random& random, uint64_t bound) { return random() % bound; }
bool coin(DiskImage::Random& random) { return random_below(random, 2) == 0; }

Survival settle(Survival survival, DiskImage::Random& random) {
  static constexpr Survival kConcrete[] = {Survival::kAll, Survival::kNone, Survival::kPrefix, Survival::kSubset,
                                           Survival::kTorn};
  return survival == Survival::kRandom ? kConcrete[random_below(random, std::size(kConcrete))] : survival;
}

// For each change, by its number, whether it outlives the cut.
std::vector<bool> draw_survivors(Survival survival, const std::vector<uint64_t>& numbers, const PowerCutPolicy& policy,
                                 DiskImage::Random& random) {
  std::vector<bool> survives(numbers.size(), survival == Survival::kAll);
  if (survival == Survival::kPrefix && policy.prefix_end) {
    for (size_t i = 0; i < numbers.size(); ++i) survives[i] = numbers[i] < *policy.prefix_end;
  } else if (survival == Survival::kPrefix) {
    const uint64_t kept = random_below(random, numbers.size() + 1);
    for (size_t i = 0; i < kept; ++i) survives[i] = true;
  } else if (survival == Survival::kSubset || survival == Survival::kTorn) {
    for (size_t i = 0; i < numbers.size(); ++i) survives[i] = coin(random);
  }
  return survives;
}

}  // namespace

void DiskImage::apply_torn(const Change& change, PagedBytes& bytes, Random& random) {
  enum class Fate : uint8_t { kNew, kOld, kZero, kGarbage };
  static constexpr Fate kFates[] = {Fate::kNew, Fate::kNew, Fate::kNew,  Fate::kNew,
                                    Fate::kOld, Fate::kOld, Fate::kZero, Fate::kGarbage};
  const uint64_t end = change.offset + change.bytes->size();
  if (end > bytes.size() && coin(random)) bytes.resize(end);  // the size arrived before the data
  for (uint64_t begin = change.offset; begin < end;) {
    const uint64_t next = std::min(end, (begin / kSectorBytes + 1) * kSectorBytes);
    const auto written = std::span(*change.bytes).subspan(begin - change.offset, next - begin);
    std::vector<std::byte> sector(written.begin(), written.end());
    const Fate fate = kFates[random_below(random, std::size(kFates))];
    if (fate == Fate::kZero) std::ranges::fill(sector, std::byte{});
    if (fate == Fate::kGarbage) std::ranges::generate(sector, [&] { return static_cast<std::byte>(random()); });
    if (fate != Fate::kOld) bytes.write(begin, sector);
    begin = next;
  }
}

PagedBytes DiskImage::bytes_after_cut(const Inode& file, const PowerCutPolicy& policy, Random& random) {
  PagedBytes bytes = file.durable;
  if (file.unsynced.empty()) return bytes;
  const Survival survival = settle(policy.writes, random);
  std::vector<uint64_t> numbers;
  for (const Change& change : file.unsynced) numbers.push_back(change.number);
  const std::vector<bool> survives = draw_survivors(survival, numbers, policy, random);
  for (size_t i = 0; i < file.unsynced.size(); ++i) {
    const Change& change = file.unsynced[i];
    if (survival == Survival::kTorn && !change.is_truncate)
      apply_torn(change, bytes, random);
    else if (survives[i])
      apply(change, bytes);
  }
  return bytes;
}

std::map<DiskImage::InodeId, DiskImage::Names> DiskImage::names_after_cut(const PowerCutPolicy& policy,
                                                                          Random& random) const {
  std::map<InodeId, std::vector<bool>> survivors;
  std::set<uint64_t> arrived;  // numbers of surviving changes that added a name
  for (const auto& [id, folder] : inodes_) {
    if (folder->unsynced_names.empty()) continue;
    std::vector<uint64_t> numbers;
    for (const NameChange& change : folder->unsynced_names) numbers.push_back(change.number);
    survivors[id] = draw_survivors(settle(policy.names, random), numbers, policy, random);
    for (size_t i = 0; i < numbers.size(); ++i) {
      if (survivors[id][i] && !folder->unsynced_names[i].added.empty()) arrived.insert(numbers[i]);
    }
  }
  std::map<InodeId, Names> names;
  for (const auto& [id, folder] : inodes_) {
    names[id] = folder->durable_names;
    for (size_t i = 0; i < folder->unsynced_names.size(); ++i) {
      const NameChange& change = folder->unsynced_names[i];
      // A rename between folders leaves its source only if it reached its target: it never loses the file.
      const bool survives = survivors[id][i] && (!change.moved_elsewhere || arrived.contains(change.number));
      if (survives) apply(change, names[id]);
    }
  }
  return names;
}

void DiskImage::power_cut(const PowerCutPolicy& policy, Random& random) {
  Random own_random(policy.seed.value_or(0));
  Random& draws = policy.seed ? own_random : random;
  close_all();
  const std::map<InodeId, Names> names = names_after_cut(policy, draws);
  for (const InodeId id : inodes_ | std::views::keys) {
    Inode& inode = edit(id);
    inode.live = bytes_after_cut(inode, policy, draws);
    inode.durable = inode.live;
    inode.unsynced.clear();
    inode.names = names.at(id);
    inode.durable_names = inode.names;
    inode.unsynced_names.clear();
    inode.links = id == kRoot ? 1 : 0;
  }
  collect_garbage();
  for (const InodeId id : inodes_ | std::views::keys) {
    for (const InodeId child : inode(id).names | std::views::values) ++edit(child).links;
  }
}

}  // namespace magnetite::sim
