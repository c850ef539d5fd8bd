#include "database/merge_chunks.h"

#include <algorithm>

#include "base/planted_bug.h"
#include "chunk/sorted_rows.h"

namespace magnetite::database {
namespace {

using Sorted = std::shared_ptr<const chunk::SortedChunk>;

Result<Sorted> sorted(const ChunkWork& work, const chunk::SortKey& key) {
  if (const auto* rows = std::get_if<chunk::OpenSnapshot>(&work.data)) return chunk::sort_rows(*rows, key);
  if (const auto* image = std::get_if<std::shared_ptr<const chunk::Image>>(&work.data)) return (*image)->for_one_pass();
  MAGNETITE_TRY(const auto image, std::get<std::shared_ptr<const chunk::StoredImage>>(work.data)->image());
  return image->for_one_pass();
}

}  // namespace

Result<chunk::MergeJob> merge_job(Table& table, std::span<const ChunkWork> chunks, jobs::JobControl& control) {
  chunk::MergeJob job;
  uint64_t rows = 0;
  for (const ChunkWork& work : chunks) {
    rows += work.rows;
    if (const auto* open = std::get_if<chunk::OpenSnapshot>(&work.data)) table.fix_sort_key(*open);
  }
  control.expect_rows(rows);
  job.key = table.sort_key();
  for (const ChunkWork& work : chunks) {
    MAGNETITE_RETURN_IF_ERROR(control.check());
    MAGNETITE_TRY(Sorted input, sorted(work, job.key));
    job.inputs.push_back(std::move(input));
  }
  if (planted(PlantedBug::kOlderRowWins)) std::ranges::reverse(job.inputs);
  job.schema = table.schema();
  job.hooks.progress = [&control](uint64_t done, uint64_t bytes) { control.advance(done, bytes); };
  job.hooks.cancelled = [&control] { return control.cancelled(); };
  return job;
}

}  // namespace magnetite::database
