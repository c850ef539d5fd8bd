#include "query/scan.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "base/mutex.h"
#include "chunk/merge.h"
#include "chunk/sorted_rows.h"
#include "query/open_reader.h"
#include "query/overlap.h"
#include "query/series_filter.h"
#include "query/sorted_reader.h"

namespace magnetite::query {
namespace {

using SeriesList = std::shared_ptr<const std::vector<uint32_t>>;

// A chunk of the plan: sorted (an open one is sorted once, when first needed) with the series that match.
class Member {
 public:
  Member(ChunkSnapshot chunk, const chunk::SortKey& key, const SeriesFilter& filter)
      : chunk_(std::move(chunk)), key_(key), filter_(filter) {}

  const ChunkSnapshot& chunk() const { return chunk_; }

  const std::shared_ptr<const chunk::SortedChunk>& rows() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    prepare();
    return rows_;
  }
  SeriesList series() const EXCLUDES(mutex_) {  // nullptr = all
    const MutexLock lock(mutex_);
    prepare();
    return series_;
  }

 private:
  void prepare() const REQUIRES(mutex_) {
    if (rows_ != nullptr) return;
    if (const auto* sorted = std::get_if<std::shared_ptr<const chunk::SortedChunk>>(&chunk_.data))
      rows_ = *sorted;
    else
      rows_ = chunk::sort_rows(std::get<chunk::OpenSnapshot>(chunk_.data), key_);
    series_ = filter_.match(rows_->series());
  }

  const ChunkSnapshot chunk_;
  const chunk::SortKey& key_;
  const SeriesFilter& filter_;
  mutable Mutex mutex_;
  mutable std::shared_ptr<const chunk::SortedChunk> rows_ GUARDED_BY(mutex_);
  mutable SeriesList series_ GUARDED_BY(mutex_);
};

// One piece of work: a row group (or row segment) of one chunk, or the same range of series of several.
struct Morsel {
  model::TimeRange times;
  std::vector<const Member*> members;
  size_t row_group = 0;                           // one member: which
  std::shared_ptr<const OpenSeries> open_series;  // one member, read as it arrived: its series
  std::vector<SeriesList> series;                 // several: per member, which
};

class MergedReader final : public MorselReader {
 public:
  MergedReader(chunk::MergeRequest request, std::shared_ptr<ScanControl> control)
      : stream_(std::move(request)), control_(std::move(control)) {}
  Result<std::optional<chunk::RowBatch>> next() override {
    if (control_->cancelled) return fail(ErrorCode::kCancelled, "the query was cancelled");
    return stream_.next();
  }

 private:
  chunk::MergeStream stream_;
  const std::shared_ptr<ScanControl> control_;
};

bool touch(const Member& a, const Member& b, const chunk::SortKey& key) {
  const chunk::SeriesIndex& left = a.rows()->series();
  const chunk::SeriesIndex& right = b.rows()->series();
  return chunk::SeriesIndex::compare(left, left.series_count() - 1, right, 0, key) >= 0 &&
         chunk::SeriesIndex::compare(right, right.series_count() - 1, left, 0, key) >= 0;
}

// Compares a statistic with a literal; incomparable kinds say nothing.
template <class Relation>
bool surely(const std::optional<model::StatValue>& bound, const model::Literal& literal, const Relation& relation) {
  if (!bound || bound->index() != literal.index()) return false;
  return std::visit(
      [&](const auto& value) { return relation(value, std::get<std::decay_t<decltype(value)>>(literal)); }, *bound);
}

// No row of a chunk without duplicates can satisfy this comparison of a field.
bool excludes(const chunk::SortedChunk& rows, const model::Comparison& comparison) {
  const model::ColumnSummary* summary = rows.summary(comparison.column);
  if (summary == nullptr || summary->value_count == 0) return true;  // NULL throughout
  const auto less = [](const auto& a, const auto& b) { return a < b; };
  const auto less_equal = [](const auto& a, const auto& b) { return a <= b; };
  const auto greater = [](const auto& a, const auto& b) { return a > b; };
  const auto greater_equal = [](const auto& a, const auto& b) { return a >= b; };
  switch (comparison.op) {
    case model::CompareOp::kEqual:
      return surely(summary->max, comparison.literal, less) || surely(summary->min, comparison.literal, greater);
    case model::CompareOp::kLess:
      return surely(summary->min, comparison.literal, greater_equal);
    case model::CompareOp::kLessOrEqual:
      return surely(summary->min, comparison.literal, greater);
    case model::CompareOp::kGreater:
      return surely(summary->max, comparison.literal, less_equal);
    case model::CompareOp::kGreaterOrEqual:
      return surely(summary->max, comparison.literal, less);
    case model::CompareOp::kNotEqual:
      return false;
  }
  return false;
}

class Plan final : public ScanPlan {
 public:
  Plan(ScanRequest request, std::shared_ptr<ScanControl> control)
      : request_(std::move(request)),
        control_(std::move(control)),
        filter_(request_.predicate, *request_.table.schema) {
    std::map<std::string_view, std::vector<const Member*>> partitions;
    for (ChunkSnapshot& chunk : request_.table.chunks) {
      ++counters_.chunks_total;
      if (chunk.rows == 0 || !chunk.times.overlaps(request_.predicate.time)) {
        ++counters_.chunks_pruned;
        counters_.rows_pruned += chunk.rows;
        continue;
      }
      members_.push_back(std::make_unique<Member>(std::move(chunk), request_.table.sort_key, filter_));
      partitions[members_.back()->chunk().partition_key].push_back(members_.back().get());
    }
    for (const auto& [key, members] : partitions) plan_partition(members);
  }

  size_t morsel_count() const override { return morsels_.size(); }
  uint64_t rows_estimate() const override { return rows_estimate_; }
  const ScanCounters& counters() const override { return counters_; }

  Result<std::unique_ptr<MorselReader>> open(size_t index) const override {
    const Morsel& morsel = morsels_[index];
    if (morsel.members.size() == 1) {
      const Member& member = *morsel.members[0];
      if (morsel.open_series != nullptr) {
        return read_open({std::get<chunk::OpenSnapshot>(member.chunk().data), morsel.open_series, request_.table.schema,
                          request_.columns, morsel.times, morsel.row_group},
                         control_);
      }
      SortedRead read{member.rows(),    member.series(), request_.table.schema,
                      request_.columns, morsel.times,    morsel.row_group};
      return read_sorted(std::move(read), control_);
    }
    chunk::MergeRequest merge;
    for (size_t i = 0; i < morsel.members.size(); ++i)
      merge.inputs.push_back({morsel.members[i]->rows(), morsel.members[i]->chunk().order, morsel.series[i]});
    merge.key = request_.table.sort_key;
    merge.columns = request_.columns;
    merge.schema = request_.table.schema;
    merge.times = morsel.times;
    return std::make_unique<MergedReader>(std::move(merge), control_);
  }

 private:
  void plan_partition(const std::vector<const Member*>& members) {
    std::vector<model::TimeRange> ranges;
    for (const Member* member : members) ranges.push_back(member->chunk().times.intersect(request_.predicate.time));
    const auto touches = [&](size_t a, size_t b) { return touch(*members[a], *members[b], request_.table.sort_key); };
    for (const OverlapGroup& group : group_overlaps(ranges, touches)) {
      if (group.members.size() == 1)
        plan_single(*members[group.members[0]], group.times);
      else
        plan_merge(group, members);
    }
  }

  // Sorting an open chunk pays only where rows of it could be duplicates, or where its series are as many as its rows.
  static bool reads_as_it_arrived(const Member& member) {
    constexpr uint64_t kRowsPerSeriesMin = 8;
    const auto* open = std::get_if<chunk::OpenSnapshot>(&member.chunk().data);
    return open != nullptr && !open->may_hold_duplicates && open->series->size() * kRowsPerSeriesMin <= open->rows;
  }

  void plan_open(const Member& member, const model::TimeRange& times) {
    const auto& rows = std::get<chunk::OpenSnapshot>(member.chunk().data);
    const std::shared_ptr<const OpenSeries> series = look_at_series(rows, filter_);
    if (!series->matching.empty() && std::ranges::max(series->matching) == 0) {
      ++counters_.chunks_pruned;
      counters_.rows_pruned += rows.rows;
      return;
    }
    rows_estimate_ += rows.rows;
    for (size_t segment = 0; segment < segment_count(rows); ++segment)
      morsels_.push_back({times, {&member}, segment, series, {}});
  }

  void plan_single(const Member& member, const model::TimeRange& times) {
    if (reads_as_it_arrived(member)) return plan_open(member, times);
    const std::shared_ptr<const chunk::SortedChunk>& rows = member.rows();
    const SeriesList series = member.series();
    const bool pruned =
        (series != nullptr && series->empty()) ||
        std::ranges::any_of(request_.predicate.comparisons, [&](const model::Comparison& comparison) {
          return model::is_field(request_.table.schema->column(comparison.column).type) && excludes(*rows, comparison);
        });
    if (pruned) {
      ++counters_.chunks_pruned;
      counters_.rows_pruned += rows->row_count();
      return;
    }
    for (size_t group = 0; group < rows->row_groups().size(); ++group) {
      const chunk::RowGroup& stored = rows->row_groups()[group];
      if (!stored.times.overlaps(times) || !has_rows(*rows, series.get(), group)) {
        counters_.rows_pruned += stored.row_count;
        continue;
      }
      rows_estimate_ += stored.row_count;
      morsels_.push_back({times, {&member}, group, nullptr, {}});
    }
  }

  // Cut by ranges of series, so that large groups are merged in parallel.
  void plan_merge(const OverlapGroup& group, const std::vector<const Member*>& members) {
    constexpr uint64_t kMorselRows = 250'000;
    std::vector<const Member*> inputs;
    std::vector<std::vector<uint32_t>> lists;
    size_t largest = 0;
    uint64_t rows = 0;
    for (const size_t index : group.members) {
      const Member* member = members[index];
      const SeriesList matching = member->series();
      const size_t series_count = member->rows()->series().series_count();
      std::vector<uint32_t> list(series_count);
      if (matching != nullptr)
        list = *matching;
      else
        std::iota(list.begin(), list.end(), 0u);
      rows += member->rows()->row_count() * list.size() / series_count;
      ++counters_.chunks_merged;
      inputs.push_back(member);
      lists.push_back(std::move(list));
      if (lists.back().size() > lists[largest].size()) largest = lists.size() - 1;
    }
    if (lists[largest].empty()) return;
    rows_estimate_ += rows;
    const size_t pieces = std::min<size_t>(lists[largest].size(), 1 + rows / kMorselRows);
    std::vector<size_t> from(lists.size(), 0);
    for (size_t piece = 0; piece < pieces; ++piece) {
      Morsel morsel{group.times, inputs, 0, nullptr, {}};
      const bool last = piece + 1 == pieces;
      const uint32_t bound = last ? 0 : lists[largest][lists[largest].size() * (piece + 1) / pieces];
      for (size_t i = 0; i < lists.size(); ++i) {
        const auto begin = lists[i].begin() + static_cast<ptrdiff_t>(from[i]);
        auto end = lists[i].end();
        if (!last) {
          end = std::lower_bound(begin, end, bound, [&](uint32_t series, uint32_t wanted) {
            return chunk::SeriesIndex::compare(inputs[i]->rows()->series(), series, inputs[largest]->rows()->series(),
                                               wanted, request_.table.sort_key) < 0;
          });
        }
        from[i] = static_cast<size_t>(end - lists[i].begin());
        morsel.series.push_back(std::make_shared<const std::vector<uint32_t>>(begin, end));
      }
      morsels_.push_back(std::move(morsel));
    }
  }

  ScanRequest request_;
  const std::shared_ptr<ScanControl> control_;
  const SeriesFilter filter_;
  std::vector<std::unique_ptr<Member>> members_;
  std::vector<Morsel> morsels_;
  ScanCounters counters_;
  uint64_t rows_estimate_ = 0;
};

}  // namespace

std::shared_ptr<const ScanPlan> plan_scan(ScanRequest request, std::shared_ptr<ScanControl> control) {
  return std::make_shared<const Plan>(std::move(request), std::move(control));
}

}  // namespace magnetite::query
