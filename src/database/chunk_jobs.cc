#include "database/chunk_jobs.h"

#include "database/merge_chunks.h"

namespace magnetite::database {
namespace {

Result<std::shared_ptr<const chunk::Image>> build_image(const ChunkJobContext& context, Table& table,
                                                        std::span<const ChunkWork> work, chunk::ImageIdentity identity,
                                                        jobs::JobControl& control) {
  MAGNETITE_TRY(const chunk::MergeJob job, merge_job(table, work, control));
  chunk::MemorySink sink;
  MAGNETITE_RETURN_IF_ERROR(chunk::compact(job, {&sink, std::move(identity), {}}));
  return chunk::Image::open(std::make_shared<const std::vector<std::byte>>(sink.take()), context.cache);
}

}  // namespace

std::vector<model::ChunkId> ids_of(std::span<const ChunkWork> work) {
  std::vector<model::ChunkId> ids;
  for (const ChunkWork& chunk : work) ids.push_back(chunk.id);
  return ids;
}

std::optional<model::Sequence> last_entry(std::span<const ChunkWork> work) {
  std::optional<model::Sequence> last;
  for (const ChunkWork& chunk : work)
    if (chunk.last_entry) last = std::max(last.value_or(*chunk.last_entry), *chunk.last_entry);
  return last;
}

Result<> move_chunk(const ChunkJobContext& context, Table& table, Partition& partition, const ChunkWork& work,
                    jobs::JobControl& control) {
  chunk::ImageIdentity identity{context.database, context.uuid, partition.key(), work.id, work.order};
  auto image = build_image(context, table, {&work, 1}, std::move(identity), control);
  if (image) return partition.moved(work.id, *std::move(image));
  partition.abandon({&work.id, 1}, LifecycleAction::kMoving);
  return std::unexpected(std::move(image).error());
}

Result<> compact_chunks(const ChunkJobContext& context, Table& table, Partition& partition,
                        std::span<const ChunkWork> work, WallTime now, jobs::JobControl& control) {
  const std::vector<model::ChunkId> sources = ids_of(work);
  const model::ChunkId id = partition.next_chunk_id();
  const model::ChunkOrder order = work.back().order;
  const auto compact = [&]() -> Result<> {
    chunk::ImageIdentity identity{context.database, context.uuid, partition.key(), id, order};
    MAGNETITE_TRY(std::shared_ptr<const chunk::Image> image,
                  build_image(context, table, work, std::move(identity), control));
    std::vector<StagedChunk> results;
    results.emplace_back(partition.address(id), order, StagedChunk::InMemory{std::move(image)},
                         ChunkTimes{now, now, {}});
    if (const auto last = last_entry(work)) results.back().applied(*last);
    return partition.replace(sources, LifecycleAction::kCompacting, std::move(results));
  };
  auto compacted = compact();
  if (!compacted) partition.abandon(sources, LifecycleAction::kCompacting);
  return compacted;
}

}  // namespace magnetite::database
