#include "chunk/image_merge.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "chunk/merge.h"

namespace magnetite::chunk {
namespace {

std::vector<model::ColumnId> columns_present(const MergeJob& job) {
  std::vector<model::ColumnId> present;
  for (const std::shared_ptr<const SortedChunk>& input : job.inputs)
    for (const model::ColumnSummary& summary : input->summaries()) present.push_back(summary.column);
  std::ranges::sort(present);
  const auto repeated = std::ranges::unique(present);
  present.erase(repeated.begin(), repeated.end());
  return present;
}

Result<std::unique_ptr<ImageWriter>> make_writer(const MergeJob& job, const ImageTarget& target) {
  return ImageWriter::create(*target.sink, job.schema, job.key, columns_present(job), target.identity, job.options);
}

Result<std::optional<ImageFacts>> finish(ImageWriter& writer, const ImageTarget& target) {
  if (writer.rows() == 0) return std::nullopt;
  MAGNETITE_TRY(ImageFacts facts, writer.finish(target.closing ? target.closing() : ClosingFacts()));
  return facts;
}

// Tells the hooks what went on in all writers together.
class Reporter {
 public:
  Reporter(const MergeJob& job, std::vector<const ImageWriter*> writers)
      : hooks_(job.hooks), step_rows_(job.options.row_group_rows), writers_(std::move(writers)) {}

  // kCancelled when somebody asked for it.
  Result<> after_batch() {
    const uint64_t rows = sum(&ImageWriter::rows);
    const uint64_t row_groups = sum(&ImageWriter::row_groups);
    if (rows - rows_ < step_rows_ && row_groups == row_groups_) return {};
    row_groups_ = row_groups;
    report();
    if (hooks_.cancelled && hooks_.cancelled()) return fail(ErrorCode::kCancelled, "the merge was cancelled");
    return {};
  }

  void report() {
    const uint64_t rows = sum(&ImageWriter::rows);
    const uint64_t bytes = sum(&ImageWriter::bytes);
    if (hooks_.progress && (rows > rows_ || bytes > bytes_)) hooks_.progress(rows - rows_, bytes - bytes_);
    rows_ = rows;
    bytes_ = bytes;
  }

 private:
  uint64_t sum(uint64_t (ImageWriter::*figure)() const) const {
    uint64_t total = 0;
    for (const ImageWriter* writer : writers_) total += (writer->*figure)();
    return total;
  }

  const MergeHooks& hooks_;
  const uint64_t step_rows_;
  const std::vector<const ImageWriter*> writers_;
  uint64_t rows_ = 0;
  uint64_t bytes_ = 0;
  uint64_t row_groups_ = 0;
};

// Hands every batch of the merge to `take`.
template <class Take>
Result<> run(const MergeJob& job, std::span<const model::ColumnId> columns, Reporter& reporter, const Take& take) {
  MergeRequest request;
  for (const std::shared_ptr<const SortedChunk>& input : job.inputs)
    request.inputs.push_back({input, model::ChunkOrder{request.inputs.size()}, nullptr});
  request.key = job.key;
  request.columns.assign(columns.begin(), columns.end());
  request.schema = job.schema;
  MergeStream stream(std::move(request));
  while (true) {
    MAGNETITE_TRY(const std::optional<RowBatch> batch, stream.next());
    if (!batch) return {};
    MAGNETITE_RETURN_IF_ERROR(take(*batch));
    MAGNETITE_RETURN_IF_ERROR(reporter.after_batch());
  }
}

}  // namespace

Result<ImageFacts> compact(const MergeJob& job, const ImageTarget& target) {
  MAGNETITE_TRY(const std::unique_ptr<ImageWriter> writer, make_writer(job, target));
  Reporter reporter(job, {writer.get()});
  MAGNETITE_RETURN_IF_ERROR(
      run(job, writer->columns(), reporter, [&](const RowBatch& batch) { return writer->append(batch); }));
  MAGNETITE_TRY(const std::optional<ImageFacts> facts, finish(*writer, target));
  MAGNETITE_CHECK(facts.has_value());
  reporter.report();
  return *facts;
}

Result<SplitFacts> split(const MergeJob& job, int64_t split_time, const ImageTarget& up_to, const ImageTarget& after) {
  MAGNETITE_TRY(const std::unique_ptr<ImageWriter> early, make_writer(job, up_to));
  MAGNETITE_TRY(const std::unique_ptr<ImageWriter> late, make_writer(job, after));
  const auto time_position =
      static_cast<size_t>(std::ranges::find(early->columns(), schema::kTimeColumnId) - early->columns().begin());
  Reporter reporter(job, {early.get(), late.get()});
  const auto take = [&](const RowBatch& batch) -> Result<> {
    const auto* times = static_cast<const int64_t*>(batch.columns[time_position].data);
    // Stretches on one side of the time; a series crosses it once, so they are about as long as the series.
    for (size_t first = 0; first < batch.rows;) {
      const bool is_early = times[first] <= split_time;
      size_t end = first + 1;
      while (end < batch.rows && (times[end] <= split_time) == is_early) ++end;
      MAGNETITE_RETURN_IF_ERROR((is_early ? early : late)->append(batch, first, end - first));
      first = end;
    }
    return {};
  };
  MAGNETITE_RETURN_IF_ERROR(run(job, early->columns(), reporter, take));
  SplitFacts facts;
  MAGNETITE_TRY(facts.up_to, finish(*early, up_to));
  MAGNETITE_TRY(facts.after, finish(*late, after));
  reporter.report();
  return facts;
}

}  // namespace magnetite::chunk
