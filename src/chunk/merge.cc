#include "chunk/merge.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/check.h"
#include "chunk/merge_batch.h"

namespace magnetite::chunk {
namespace {

constexpr uint32_t kNoSeries = UINT32_MAX;

}  // namespace

// Per series: the inputs that hold it, each with a window of rows of one row group. Steps record pieces (runs of one
// input, rows made of several) until a batch is full; a long run alone is passed on without copying.
class MergeStream::Impl {
 public:
  explicit Impl(MergeRequest request) : request_(std::move(request)) {
    MAGNETITE_CHECK(request_.schema != nullptr);
    std::vector<size_t> order(request_.inputs.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, {}, [&](size_t i) { return request_.inputs[i].order; });
    for (const size_t i : order) inputs_.emplace_back(request_.inputs[i], request_.key);
  }

  Result<std::optional<RowBatch>> next() {
    BatchBuilder batch(request_.columns, *request_.schema);
    while (!batch.full()) {
      if (active_.empty()) {
        if (!next_series()) break;
        for (const size_t i : active_) {
          Input& input = inputs_[i];
          input.next_row = input.index->first_row(input.series);
          input.window = {};
        }
      }
      MAGNETITE_RETURN_IF_ERROR(fill_windows());
      if (active_.empty()) continue;
      const Run run = next_run(batch.rows_left());
      // A run worth passing on as it is goes alone: first what was gathered before it.
      if (run.count >= kSliceRowsMin && batch.rows() > 0 && run.count > batch.rows_left() / 2) break;
      add(run, batch);
      if (run.count >= kSliceRowsMin && batch.rows() == run.count) break;
    }
    if (batch.rows() == 0) return std::optional<RowBatch>();
    MAGNETITE_TRY(RowBatch built, batch.build());
    return std::optional(std::move(built));
  }

 private:
  static constexpr uint64_t kSliceRowsMin = 256;  // fewer are cheaper to copy together than to pass on apart

  // Rows of the current series within one row group and the times asked for.
  struct Window {
    std::shared_ptr<GroupReader> group;
    const int64_t* times = nullptr;  // of the group; nullptr: not needed so far
    uint64_t begin = 0;
    uint64_t end = 0;
  };

  struct Input {
    Input(const MergeInput& from, const SortKey& key)
        : rows(from.rows), index(&from.rows->series()), list(from.series) {
      for (const model::ColumnId column : key.tags) tags.push_back(index->tag_column(column));
      advance();
    }

    void advance() {
      const size_t count = list == nullptr ? index->series_count() : list->size();
      if (position == count)
        series = kNoSeries;
      else
        series = list == nullptr ? static_cast<uint32_t>(position) : (*list)[position];
      ++position;
    }

    std::shared_ptr<const SortedChunk> rows;
    const SeriesIndex* index;
    std::shared_ptr<const std::vector<uint32_t>> list;
    std::vector<const SeriesIndex::TagColumn*> tags;  // in key order
    size_t position = 0;
    uint32_t series = kNoSeries;
    uint64_t next_row = 0;  // of the series, behind the window
    Window window;
    std::shared_ptr<GroupReader> group;  // the last one read
  };

  // Rows of one input, or one row of several with the same time.
  struct Run {
    size_t active = 0;  // position in active_
    uint64_t count = 0;
    bool shared = false;
  };

  static int compare(const Input& left, const Input& right) {
    for (size_t i = 0; i < left.tags.size(); ++i) {
      const SeriesIndex::TagColumn* a = left.tags[i];
      const SeriesIndex::TagColumn* b = right.tags[i];
      const uint32_t a_code = a == nullptr ? SeriesIndex::kNullCode : a->codes[left.series];
      const uint32_t b_code = b == nullptr ? SeriesIndex::kNullCode : b->codes[right.series];
      if (a_code == SeriesIndex::kNullCode || b_code == SeriesIndex::kNullCode) {
        if (a_code != b_code) return a_code == SeriesIndex::kNullCode ? -1 : 1;
        continue;
      }
      if (const int order = a->values[a_code].compare(b->values[b_code]); order != 0) return order;
    }
    return 0;
  }

  // Inputs that hold the smallest series not yet done, in ascending chunk order.
  bool next_series() {
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].series == kNoSeries) continue;
      const int order = active_.empty() ? 0 : compare(inputs_[i], inputs_[active_.front()]);
      if (order < 0) active_.clear();
      if (order <= 0) active_.push_back(i);
    }
    return !active_.empty();
  }

  // Gives every active input a window with rows, or drops it when its series is done.
  Result<> fill_windows() {
    const bool alone = active_.size() == 1;
    for (size_t a = 0; a < active_.size();) {
      Input& input = inputs_[active_[a]];
      MAGNETITE_RETURN_IF_ERROR(fill_window(input, !alone));
      if (input.window.begin < input.window.end) {
        ++a;
        continue;
      }
      input.window = {};
      input.advance();
      active_.erase(active_.begin() + static_cast<ptrdiff_t>(a));
    }
    return {};
  }

  Result<> fill_window(Input& input, bool needs_times) {
    const uint64_t series_end = input.index->end_row(input.series);
    Window& window = input.window;
    while (window.begin == window.end && input.next_row < series_end) {
      const std::span<const RowGroup> groups = input.rows->row_groups();
      size_t at = input.group == nullptr ? groups.size() : input.group->number();
      if (at == groups.size() || input.next_row < groups[at].first_row ||
          input.next_row >= groups[at].first_row + groups[at].row_count)
        at = static_cast<size_t>(std::ranges::upper_bound(groups, input.next_row, {}, &RowGroup::first_row) -
                                 groups.begin()) -
             1;
      const RowGroup& group = groups[at];
      const uint64_t begin = input.next_row - group.first_row;
      const uint64_t end = std::min(series_end, group.first_row + group.row_count) - group.first_row;
      input.next_row = group.first_row + end;
      if (!group.times.overlaps(request_.times)) continue;
      if (input.group == nullptr || input.group->number() != at)
        input.group = std::make_shared<GroupReader>(input.rows, at, request_.columns);
      window = {input.group, nullptr, begin, end};
      if (group.times.min < request_.times.min || group.times.max > request_.times.max) {
        MAGNETITE_TRY(window.times, input.group->times());
        const int64_t* times = window.times;
        window.begin = static_cast<uint64_t>(std::lower_bound(times + begin, times + end, request_.times.min) - times);
        window.end =
            static_cast<uint64_t>(std::upper_bound(times + window.begin, times + end, request_.times.max) - times);
      }
    }
    if (needs_times && window.begin < window.end && window.times == nullptr) {
      MAGNETITE_TRY(window.times, window.group->times());
    }
    return {};
  }

  // The longest run at the front of the merge, at most `rows_max`.
  Run next_run(uint64_t rows_max) {
    if (active_.size() == 1) {
      const Window& window = inputs_[active_[0]].window;
      return {0, std::min(window.end - window.begin, rows_max), false};
    }
    const auto head = [&](size_t a) {
      const Window& window = inputs_[active_[a]].window;
      return window.times[window.begin];
    };
    size_t first = 0;
    int64_t second = std::numeric_limits<int64_t>::max();  // the smallest head of the others
    for (size_t a = 1; a < active_.size(); ++a) {
      if (head(a) < head(first)) {
        second = std::min(second, head(first));
        first = a;
      } else {
        second = std::min(second, head(a));
      }
    }
    if (head(first) == second) return {first, 1, true};
    const Window& window = inputs_[active_[first]].window;
    const uint64_t end = std::min(window.end, window.begin + rows_max);
    uint64_t at = window.begin + 1;
    // Inputs that interleave give short runs, so look ahead in growing steps before searching.
    uint64_t step = 1;
    while (at < end && window.times[at] < second) {
      const uint64_t ahead = std::min(at + step, end - 1);
      if (window.times[ahead] < second) {
        at = ahead + 1;
        step *= 2;
      } else {
        at = static_cast<uint64_t>(std::lower_bound(window.times + at, window.times + ahead, second) - window.times);
        break;
      }
    }
    return {first, at - window.begin, false};
  }

  void add(const Run& run, BatchBuilder& batch) {
    Input& input = inputs_[active_[run.active]];
    // Any input that holds the series can name it; always the same one, so that its rows count as one series.
    const SeriesRef series = series_of(inputs_[active_.front()]);
    if (!run.shared) {
      batch.add_run(series, input.window.group, input.window.begin, run.count);
      input.window.begin += run.count;
      return;
    }
    const int64_t time = input.window.times[input.window.begin];
    batch.start_shared_row(series);
    for (const size_t i : active_) {
      Window& window = inputs_[i].window;
      if (window.times[window.begin] != time) continue;
      batch.add_source(window.group, window.begin);
      ++window.begin;
    }
  }

  static SeriesRef series_of(const Input& input) { return {&input.rows, input.series}; }

  const MergeRequest request_;
  std::vector<Input> inputs_;   // ascending chunk order
  std::vector<size_t> active_;  // inputs with rows of the current series left, ascending
};

MergeStream::MergeStream(MergeRequest request) : impl_(std::make_unique<Impl>(std::move(request))) {}
MergeStream::~MergeStream() = default;
MergeStream::MergeStream(MergeStream&&) noexcept = default;

Result<std::optional<RowBatch>> MergeStream::next() { return impl_->next(); }

}  // namespace magnetite::chunk
