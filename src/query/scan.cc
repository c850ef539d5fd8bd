#include "query/scan.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <variant>

#include "chunk/merge.h"
#include "chunk/sorted_rows.h"
#include "query/open_reader.h"
#include "query/overlap.h"
#include "query/row_filter.h"
#include "query/series_bounds.h"
#include "query/series_filter.h"
#include "query/sorted_reader.h"

namespace magnetite::query {
namespace {

using SeriesList = std::shared_ptr<const std::vector<uint32_t>>;

// A chunk of the plan. Its series are looked at when first needed.
class Member {
 public:
  Member(ChunkSnapshot chunk, const chunk::SortKey& key, const SeriesFilter& filter)
      : chunk_(std::move(chunk)), key_(key), filter_(filter) {}

  const ChunkSnapshot& chunk() const { return chunk_; }
  const chunk::OpenSnapshot* open() const { return std::get_if<chunk::OpenSnapshot>(&chunk_.data); }

  const std::shared_ptr<const OpenSeries>& open_series() {  // of an open one
    if (open_series_ == nullptr) open_series_ = look_at_series(*open(), filter_);
    return open_series_;
  }
  const SeriesBounds& bounds() {
    if (!bounds_) bounds_ = open() != nullptr ? bounds_of(*open_series(), key_) : bounds_of(sorted()->series(), key_);
    return *bounds_;
  }
  // Its matching rows within `times` in table order (others may be among them); nullptr: there is none.
  std::shared_ptr<const chunk::SortedChunk> rows(const model::TimeRange& times) {
    return open() != nullptr ? chunk::sort_rows(*open(), key_, times, open_series()->matching) : sorted();
  }
  // Those that match; nullptr = all. Of a sorted chunk the same for every call.
  SeriesList series(const chunk::SortedChunk& rows) {
    if (open() != nullptr) return filter_.match(rows.series());
    if (!series_) series_ = filter_.match(rows.series());
    return *series_;
  }

 private:
  const std::shared_ptr<const chunk::SortedChunk>& sorted() const {
    return std::get<std::shared_ptr<const chunk::SortedChunk>>(chunk_.data);
  }

  const ChunkSnapshot chunk_;
  const chunk::SortKey& key_;
  const SeriesFilter& filter_;
  std::shared_ptr<const OpenSeries> open_series_;
  std::optional<SeriesBounds> bounds_;
  std::optional<SeriesList> series_;
};

// One piece of work: a row segment of an open chunk, a row group of a sorted one, or a range of series of several.
struct OpenMorsel {
  const chunk::OpenSnapshot* rows;
  std::shared_ptr<const OpenSeries> series;
  model::TimeRange times;
  size_t segment;
  std::shared_ptr<const std::vector<uint32_t>> rows_only;  // nullptr = all
};
struct SortedMorsel {
  std::shared_ptr<const chunk::SortedChunk> rows;
  SeriesList series;
  model::TimeRange times;
  size_t row_group;
};
struct MergeMorsel {
  std::vector<chunk::MergeInput> inputs;
  model::TimeRange times;
};
using Morsel = std::variant<OpenMorsel, SortedMorsel, MergeMorsel>;

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
        filter_(request_.predicate, *request_.table.schema),
        row_filter_(request_.ends ? RowFilter() : RowFilter(request_.predicate, *request_.table.schema)) {
    std::map<std::string_view, std::vector<Member*>> partitions;
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
    return std::visit([&](const auto& morsel) { return open(morsel); }, morsels_[index]);
  }

 private:
  std::unique_ptr<MorselReader> open(const OpenMorsel& morsel) const {
    return read_open({*morsel.rows, morsel.series, request_.table.schema, request_.columns, morsel.times,
                      morsel.segment, &row_filter_, morsel.rows_only},
                     control_);
  }
  std::unique_ptr<MorselReader> open(const SortedMorsel& morsel) const {
    return read_sorted({morsel.rows, morsel.series, request_.table.schema, request_.columns, morsel.times,
                        morsel.row_group, &row_filter_, request_.ends ? &*request_.ends : nullptr},
                       control_);
  }
  std::unique_ptr<MorselReader> open(const MergeMorsel& morsel) const {
    chunk::MergeRequest merge{morsel.inputs, request_.table.sort_key, request_.columns, request_.table.schema,
                              morsel.times};
    return std::make_unique<MergedReader>(std::move(merge), control_);
  }

  void plan_partition(const std::vector<Member*>& members) {
    std::vector<model::TimeRange> ranges;
    for (const Member* member : members) ranges.push_back(member->chunk().times.intersect(request_.predicate.time));
    const auto touches = [&](size_t a, size_t b) { return members[a]->bounds().touches(members[b]->bounds()); };
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
    const chunk::OpenSnapshot* open = member.open();
    return open != nullptr && !open->may_hold_duplicates && open->series->size() * kRowsPerSeriesMin <= open->rows;
  }

  void prune(uint64_t rows) {
    ++counters_.chunks_pruned;
    counters_.rows_pruned += rows;
  }

  void plan_open(Member& member, const model::TimeRange& times) {
    const chunk::OpenSnapshot& rows = *member.open();
    const std::shared_ptr<const OpenSeries>& series = member.open_series();
    if (!series->matching.empty() && std::ranges::max(series->matching) == 0) return prune(rows.rows);
    if (request_.ends) {
      std::vector<std::vector<uint32_t>> picked = rows_at_ends(rows, *series, times, *request_.ends);
      for (size_t segment = 0; segment < picked.size(); ++segment) {
        if (picked[segment].empty()) continue;
        rows_estimate_ += picked[segment].size();
        auto only = std::make_shared<const std::vector<uint32_t>>(std::move(picked[segment]));
        morsels_.push_back(OpenMorsel{&rows, series, times, segment, std::move(only)});
      }
      return;
    }
    rows_estimate_ += rows.rows;
    for (size_t segment = 0; segment < segment_count(rows); ++segment)
      morsels_.push_back(OpenMorsel{&rows, series, times, segment, nullptr});
  }

  void plan_single(Member& member, const model::TimeRange& times) {
    if (reads_as_it_arrived(member)) return plan_open(member, times);
    const std::shared_ptr<const chunk::SortedChunk> rows = member.rows(times);
    if (rows == nullptr) return;
    const SeriesList series = member.series(*rows);
    const bool pruned = (series != nullptr && series->empty()) ||
                        std::ranges::any_of(row_filter_.comparisons(), [&](const model::Comparison& comparison) {
                          return excludes(*rows, comparison);
                        });
    if (pruned) return prune(rows->row_count());
    for (size_t group = 0; group < rows->row_groups().size(); ++group) {
      const chunk::RowGroup& stored = rows->row_groups()[group];
      if (!stored.times.overlaps(times) || !has_rows(*rows, series.get(), group)) {
        counters_.rows_pruned += stored.row_count;
        continue;
      }
      rows_estimate_ += stored.row_count;
      morsels_.push_back(SortedMorsel{rows, series, times, group});
    }
  }

  // Cut by ranges of series, so that large groups are merged in parallel.
  void plan_merge(const OverlapGroup& group, const std::vector<Member*>& members) {
    constexpr uint64_t kMorselRows = 250'000;
    std::vector<chunk::MergeInput> inputs;
    std::vector<std::vector<uint32_t>> lists;
    size_t largest = 0;
    uint64_t rows = 0;
    for (const size_t index : group.members) {
      std::shared_ptr<const chunk::SortedChunk> sorted = members[index]->rows(group.times);
      if (sorted == nullptr) continue;
      const SeriesList matching = members[index]->series(*sorted);
      const size_t series_count = sorted->series().series_count();
      std::vector<uint32_t> list(series_count);
      if (matching != nullptr)
        list = *matching;
      else
        std::iota(list.begin(), list.end(), 0u);
      rows += sorted->row_count() * list.size() / series_count;
      ++counters_.chunks_merged;
      inputs.push_back({std::move(sorted), members[index]->chunk().order, nullptr});
      lists.push_back(std::move(list));
      if (lists.back().size() > lists[largest].size()) largest = lists.size() - 1;
    }
    if (lists.empty() || lists[largest].empty()) return;
    rows_estimate_ += rows;
    const size_t pieces = std::min<size_t>(lists[largest].size(), 1 + rows / kMorselRows);
    std::vector<size_t> from(lists.size(), 0);
    for (size_t piece = 0; piece < pieces; ++piece) {
      MergeMorsel morsel{inputs, group.times};
      const bool last = piece + 1 == pieces;
      const uint32_t bound = last ? 0 : lists[largest][lists[largest].size() * (piece + 1) / pieces];
      for (size_t i = 0; i < lists.size(); ++i) {
        const auto begin = lists[i].begin() + static_cast<ptrdiff_t>(from[i]);
        auto end = lists[i].end();
        if (!last) {
          end = std::lower_bound(begin, end, bound, [&](uint32_t series, uint32_t wanted) {
            return chunk::SeriesIndex::compare(inputs[i].rows->series(), series, inputs[largest].rows->series(), wanted,
                                               request_.table.sort_key) < 0;
          });
        }
        from[i] = static_cast<size_t>(end - lists[i].begin());
        morsel.inputs[i].series = std::make_shared<const std::vector<uint32_t>>(begin, end);
      }
      morsels_.push_back(std::move(morsel));
    }
  }

  ScanRequest request_;
  const std::shared_ptr<ScanControl> control_;
  const SeriesFilter filter_;
  const RowFilter row_filter_;
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
