// Random histories of writes, flushes, drops, crashes and trimmed logs on a tiny database: no row is lost, and of rows
// with one identity the last one written wins, however often the log is read again.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <ostream>
#include <set>
#include <vector>

#include "persistence/checkpoint_codec.h"
#include "persistence/database_watermarks.h"
#include "persistence/replay_filter.h"
#include "persistence/replay_plan.h"
#include "persistence/windows.h"

namespace magnetite::persistence {
namespace {

constexpr uint32_t kPartitions = 4;
constexpr uint32_t kSequencers = 2;  // a partition's rows go through one of them
constexpr int64_t kSecond = 1'000'000'000;
const model::Uuid kLog{.bytes = {1}};

std::string key_of(uint32_t partition) { return std::string(1, static_cast<char>('a' + partition)); }

struct Row {
  uint32_t partition;
  int64_t time;    // with the partition: the identity
  uint64_t value;  // unique
};
struct Entry {
  uint64_t number;
  int64_t received;
  std::vector<Row> rows;
};
// Rows of one persisted file, or of one chunk in memory.
struct Chunk {
  uint64_t order;
  std::vector<Row> rows;
};

// What survives a crash.
struct Stored {
  std::map<uint32_t, std::vector<Entry>> log;
  std::map<uint32_t, uint64_t> next_number;
  std::vector<Chunk> files;
  std::vector<std::pair<std::string, uint32_t>> partition_checkpoints;  // as the catalog keeps them
  std::vector<std::string> database_checkpoints;
};

class Database {
 public:
  explicit Database(Stored& stored) : stored_(stored), watermarks_(kLog) {
    for (uint32_t i = 0; i < kPartitions; ++i)
      partitions_.push_back({PersistenceWindows(kLog, "t", key_of(i), std::chrono::seconds(60)), {}, {}, {}});
  }

  void write(uint32_t sequencer, const std::vector<Row>& rows, int64_t now) {
    Entry entry{stored_.next_number[sequencer]++, now, rows};
    stored_.log[sequencer].push_back(entry);
    apply(sequencer, entry, now, nullptr);
  }

  void rotate(int64_t now) {
    for (auto& partition : partitions_) partition.windows.rotate({now});
  }

  void begin_flush(uint32_t index, std::optional<int64_t> split) {
    Partition& partition = partitions_[index];
    if (partition.windows.flushing()) return;
    partition.flush = partition.windows.begin_flush(split);
    Chunk file{next_order_++, {}};
    std::erase_if(partition.memory, [&](const Row& row) {
      const bool taken = !split || row.time <= *split;
      if (taken) file.rows.push_back(row);
      return taken;
    });
    partition.file = std::move(file);
  }

  void commit_flush(uint32_t index) {
    Partition& partition = partitions_[index];
    if (!partition.flush) return;
    commit_checkpoints(index, partition.flush->checkpoint,
                       watermarks_.checkpoint_after(partition.windows.flush_changes()));
    stored_.files.push_back(*std::exchange(partition.file, {}));
    watermarks_.apply(partition.windows.commit_flush(*std::exchange(partition.flush, {})));
  }

  void abort_flush(uint32_t index) {
    Partition& partition = partitions_[index];
    if (!partition.flush) return;
    partition.memory.insert(partition.memory.begin(), partition.file->rows.begin(), partition.file->rows.end());
    partition.file.reset();
    partition.windows.abort_flush(*std::exchange(partition.flush, {}));
  }

  // All that is in memory only; returns the values that are gone. A row that replay brought back may be in a file, too.
  std::set<uint64_t> drop(uint32_t index) {
    Partition& partition = partitions_[index];
    std::map<model::SequencerId, model::SequenceNumber> through;
    for (const auto& [sequencer, range] : partition.windows.checkpoint().ranges)
      through.emplace(sequencer, range.max());
    const auto changes = partition.windows.drop_through(through);
    if (!changes) return {};
    commit_checkpoints(index, partition.windows.checkpoint(), watermarks_.checkpoint_after(*changes));
    watermarks_.apply(*changes);
    std::set<uint64_t> gone;
    for (const Row& row : std::exchange(partition.memory, {})) gone.insert(row.value);
    for (const Chunk& file : stored_.files) {
      for (const Row& row : file.rows) gone.erase(row.value);
    }
    return gone;
  }

  // The catalog's database checkpoint says which entries are not needed any more.
  void trim() {
    const auto plan = make_plan();
    for (auto& [sequencer, entries] : stored_.log) {
      const auto start = plan.start({sequencer});
      if (start) std::erase_if(entries, [&](const Entry& entry) { return entry.number < start->seek->value; });
    }
  }

  void replay(int64_t now) {
    for (const Chunk& file : stored_.files) next_order_ = std::max(next_order_, file.order + 1);
    const auto plan = make_plan();
    watermarks_.advance(plan.database_checkpoint());
    for (uint32_t sequencer = 0; sequencer < kSequencers; ++sequencer) {
      const auto& log = stored_.log[sequencer];
      const uint64_t high = stored_.next_number[sequencer];
      RC_ASSERT(plan.check_extent({sequencer}, {log.empty() ? high : log.front().number}, {high}).has_value());
      const auto start = plan.start({sequencer});
      for (const Entry& entry : log) {
        if (start && entry.number < start->seek->value) continue;
        if (start && start->last && entry.number <= start->last->value)
          RC_ASSERT(plan.is_last({{sequencer}, {entry.number}}).value() == (entry.number == start->last->value));
        apply(sequencer, entry, now, &plan);
      }
    }
    for (uint32_t i = 0; i < kPartitions; ++i) {
      if (const auto* last = plan.last_partition_checkpoint({"t", key_of(i)}))
        partitions_[i].windows.mark_seen(last->ranges);
    }
  }

  // identity -> value, as a query sees it
  std::map<std::pair<uint32_t, int64_t>, uint64_t> visible() const {
    std::map<uint64_t, const std::vector<Row>*> chunks;
    for (const Chunk& file : stored_.files) chunks.emplace(file.order, &file.rows);
    std::map<std::pair<uint32_t, int64_t>, uint64_t> result;
    for (const auto& partition : partitions_) {
      if (partition.file) chunks.emplace(partition.file->order, &partition.file->rows);
    }
    const auto fold = [&](const std::vector<Row>& rows) {
      for (const Row& row : rows) result[{row.partition, row.time}] = row.value;
    };
    for (const auto& [order, rows] : chunks) fold(*rows);
    for (const auto& partition : partitions_) fold(partition.memory);
    return result;
  }

 private:
  struct Partition {
    PersistenceWindows windows;
    std::vector<Row> memory;  // in write order
    std::optional<FlushHandle> flush;
    std::optional<Chunk> file;  // of the flush
  };

  void apply(uint32_t sequencer, const Entry& entry, int64_t now, const ReplayPlan* plan) {
    for (uint32_t i = sequencer; i < kPartitions; i += kSequencers) {
      std::vector<Row> rows;
      for (const Row& row : entry.rows) {
        if (row.partition == i) rows.push_back(row);
      }
      const model::Sequence sequence{{sequencer}, {entry.number}};
      if (plan) {
        const auto decision = replay_decision(plan->last_partition_checkpoint({"t", key_of(i)}), sequence);
        if (std::holds_alternative<SkipAll>(decision)) rows.clear();
        if (const auto* after = std::get_if<ApplyRowsAfter>(&decision))
          std::erase_if(rows, [&](const Row& row) { return row.time <= after->time; });
      }
      if (rows.empty()) continue;
      Batch batch{sequence, rows.size(), model::TimeRange::none(), {entry.received}};
      for (const Row& row : rows) batch.times.include(row.time);
      const auto added = partitions_[i].windows.add(batch, {now});
      RC_ASSERT(!added.redelivered);
      if (added.change) watermarks_.apply({&*added.change, 1});
      partitions_[i].memory.insert(partitions_[i].memory.end(), rows.begin(), rows.end());
    }
    watermarks_.advance({{sequencer}, {entry.number}});
  }

  void commit_checkpoints(uint32_t partition, const PartitionCheckpoint& own, const DatabaseCheckpoint& database) {
    for (const auto& [sequencer, range] : own.ranges) {
      const auto& whole = database.ranges.at(sequencer);
      RC_ASSERT(range.max() <= whole.max());
      if (range.min()) RC_ASSERT(whole.first_unpersisted() <= range.first_unpersisted());
    }
    stored_.partition_checkpoints.emplace_back(encode(own), partition);
    stored_.database_checkpoints.push_back(encode(database));
  }

  ReplayPlan make_plan() const {
    ReplayPlanner planner(kLog);
    for (const auto& [text, partition] : stored_.partition_checkpoints)
      planner.add(decode_partition_checkpoint(text, "t", key_of(partition)).value());
    for (const auto& text : stored_.database_checkpoints) planner.add(decode_database_checkpoint(text).value());
    auto plan = std::move(planner).build();
    RC_ASSERT(plan.has_value());
    for (const auto& warning : plan->warnings()) RC_ASSERT(warning.contains("dropped data"));
    return *std::move(plan);
  }

  Stored& stored_;
  std::vector<Partition> partitions_;
  DatabaseWatermarks watermarks_;
  uint64_t next_order_ = 0;
};

enum class Step : uint8_t { kWrite, kFlushTo, kFlushAll, kCommit, kAbort, kDrop, kTrim, kWait, kCrash };
std::ostream& operator<<(std::ostream& out, Step step) {
  constexpr const char* kNames[] = {"write", "flush to", "flush all", "commit", "abort",
                                    "drop",  "trim",     "wait",      "crash"};
  return out << kNames[static_cast<size_t>(step)];
}

RC_GTEST_PROP(History, LosesNothingAndDoublesNothing, ()) {
  Stored stored;
  auto database = std::make_unique<Database>(stored);
  // What was acknowledged, in order; dropped rows are taken out.
  std::vector<Row> accepted;
  std::set<uint64_t> dropped;
  int64_t now = 1000 * kSecond;
  uint64_t next_value = 0;
  const auto steps =
      *rc::gen::scale(3.0, rc::gen::container<std::vector<std::tuple<Step, uint32_t, uint32_t>>>(
                               rc::gen::tuple(rc::gen::weightedElement<Step>({{8, Step::kWrite},
                                                                              {3, Step::kFlushTo},
                                                                              {1, Step::kFlushAll},
                                                                              {3, Step::kCommit},
                                                                              {1, Step::kAbort},
                                                                              {1, Step::kDrop},
                                                                              {1, Step::kTrim},
                                                                              {4, Step::kWait},
                                                                              {2, Step::kCrash}}),
                                              rc::gen::inRange(0u, 1000u), rc::gen::inRange(0u, 1000u))));
  for (const auto& [step, a, b] : steps) {
    const uint32_t partition = a % kPartitions;
    switch (step) {
      case Step::kWrite: {
        std::vector<Row> rows;
        const uint32_t sequencer = a % kSequencers;
        // Few identities, so that rows are overwritten; some dated in the future.
        for (uint32_t i = 0; i <= b % 3; ++i)
          rows.push_back({sequencer + (a / 2 + i) % 2 * kSequencers,
                          now + (static_cast<int64_t>((b + i * 7) % 11) - 8) * 30 * kSecond, next_value++});
        database->write(sequencer, rows, now);
        accepted.insert(accepted.end(), rows.begin(), rows.end());
        break;
      }
      case Step::kFlushTo:
        database->begin_flush(partition, now - static_cast<int64_t>(b % 8) * 30 * kSecond);
        break;
      case Step::kFlushAll:
        database->begin_flush(partition, std::nullopt);
        break;
      case Step::kCommit:
        database->commit_flush(partition);
        break;
      case Step::kAbort:
        database->abort_flush(partition);
        break;
      case Step::kDrop:
        dropped.merge(database->drop(partition));
        break;
      case Step::kTrim:
        database->trim();
        break;
      case Step::kWait:
        now += static_cast<int64_t>(b % 70) * kSecond;
        database->rotate(now);
        break;
      case Step::kCrash:
        database = std::make_unique<Database>(stored);
        database->replay(now);
        break;
    }
    std::map<std::pair<uint32_t, int64_t>, uint64_t> expected;
    for (const Row& row : accepted) {
      if (!dropped.contains(row.value)) expected[{row.partition, row.time}] = row.value;
    }
    RC_ASSERT(database->visible() == expected);
  }
}

}  // namespace
}  // namespace magnetite::persistence
