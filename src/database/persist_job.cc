#include "database/persist_job.h"

#include <algorithm>

#include "base/check.h"
#include "base/planted_bug.h"
#include "database/chunk_jobs.h"
#include "database/merge_chunks.h"
#include "persistence/checkpoint_codec.h"

namespace magnetite::database {
namespace {

constexpr size_t kCopyBytesMax = 64ull << 20;  // larger files are read from the store

struct Written {
  std::unique_ptr<FileName> name;
  std::optional<NewFile> file;
  std::shared_ptr<const chunk::Image> copy;  // of the file, or nullptr
  std::shared_ptr<const chunk::Image> rest;  // rows after the split, or nullptr
  model::ChunkId rest_id;
};

chunk::ClosingFacts closing_facts(const PersistJob& job) {
  return {job.clock.wall_now(), job.work.sequences, persistence::encode(job.work.flush.checkpoint),
          persistence::encode(job.database_checkpoint)};
}

Result<std::shared_ptr<const chunk::Image>> copy_of(ObjectSink& sink, const ChunkFiles& files) {
  chunk::ImageBytes bytes = sink.take_copy();
  if (bytes == nullptr) return nullptr;
  return chunk::Image::open(std::move(bytes), files.cache());
}

Result<Written> write(const PersistJob& job, jobs::JobControl& control) {
  MAGNETITE_TRY(const chunk::MergeJob merge, merge_job(job.table, job.work.chunks, control));
  const model::ChunkOrder order = job.work.chunks.back().order;
  Written written;
  written.rest_id = job.partition.next_chunk_id();
  const model::ChunkAddress address = job.partition.address(job.partition.next_chunk_id());
  written.name = job.persisted.new_file(address);
  ObjectSink file(job.files, written.name->text(), kCopyBytesMax);
  chunk::MemorySink rest;
  const auto identity = [&](model::ChunkId id) {
    return chunk::ImageIdentity{address.database, job.database_uuid, address.partition_key, id, order};
  };
  const chunk::ImageTarget up_to{&file, identity(address.chunk), [&] { return closing_facts(job); }};
  const chunk::ImageTarget after{&rest, identity(written.rest_id), {}};
  std::optional<chunk::ImageFacts> facts;
  if (job.work.flush.split_timestamp) {
    MAGNETITE_TRY(chunk::SplitFacts split, chunk::split(merge, *job.work.flush.split_timestamp, up_to, after));
    facts = std::move(split.up_to);
    if (split.after) {
      MAGNETITE_TRY(written.rest,
                    chunk::Image::open(std::make_shared<const std::vector<std::byte>>(rest.take()), job.files.cache()));
    }
  } else {
    MAGNETITE_TRY(facts, chunk::compact(merge, up_to));
  }
  if (facts) {
    if (!planted(PlantedBug::kFileNotStored)) MAGNETITE_RETURN_IF_ERROR(file.commit());
    written.file = NewFile{written.name->text(), address.chunk, order, *std::move(facts)};
    MAGNETITE_TRY(written.copy, copy_of(file, job.files));
  }
  return written;
}

// The chunk of a file that was just written: in memory too, if a copy of it is at hand.
StagedChunk::Stage stage_of(const NewFile& file, std::shared_ptr<const chunk::Image> copy, const ChunkFiles& files,
                            std::shared_ptr<const void> pin) {
  StoredFacts stored{file.name, std::move(pin), file.facts.bytes, file.facts.rows, file.facts.times};
  if (copy != nullptr) return StagedChunk::Persisted{std::move(copy), std::move(stored)};
  auto image = files.open(stored);
  return StagedChunk::Unloaded{std::move(image), std::move(stored)};
}

ChunkTimes times_of(std::span<const ChunkWork> sources, WallTime now) {
  ChunkTimes times = sources.front().times;
  for (const ChunkWork& source : sources) {
    times.first_write = std::min(times.first_write, source.times.first_write);
    times.last_write = std::max(times.last_write, source.times.last_write);
  }
  times.closed = now;
  return times;
}

std::vector<StagedChunk> results(const PersistJob& job, const Written& written, std::shared_ptr<const void> pin) {
  std::vector<StagedChunk> chunks;
  const ChunkTimes times = times_of(job.work.chunks, job.clock.wall_now());
  const model::ChunkOrder order = job.work.chunks.back().order;
  if (written.rest != nullptr && !planted(PlantedBug::kLateRowsForgotten)) {
    chunks.emplace_back(job.partition.address(written.rest_id), order, StagedChunk::InMemory{written.rest}, times);
    if (const auto last = last_entry(job.work.chunks)) chunks.back().applied(*last);
  }
  if (written.file) {
    StagedChunk::Stage stage = stage_of(*written.file, written.copy, job.files, std::move(pin));
    chunks.emplace_back(job.partition.address(written.file->chunk), order, std::move(stage), times);
  }
  return chunks;
}

// What the inputs claim, for the file that takes their place: the last one persisted knows most.
Result<chunk::ClosingFacts> closing_facts(const chunk::MergeJob& merge, WallTime now) {
  chunk::ClosingFacts closing;
  for (const auto& input : merge.inputs) {
    const auto* image = dynamic_cast<const chunk::Image*>(input.get());
    if (image == nullptr) return fail(ErrorCode::kInternal, "a file to compact is not an image");
    const chunk::ClosingFacts& known = image->facts().closing;
    closing.partition_checkpoint = known.partition_checkpoint;
    closing.database_checkpoint = known.database_checkpoint;
    for (const chunk::SequenceRange& range : known.sequences) {
      const auto same = std::ranges::find(closing.sequences, range.sequencer, &chunk::SequenceRange::sequencer);
      if (same == closing.sequences.end()) {
        closing.sequences.push_back(range);
      } else {
        same->min = std::min(same->min, range.min);
        same->max = std::max(same->max, range.max);
      }
    }
  }
  closing.created_at = now;
  return closing;
}

Result<> merge_files(const CompactFilesJob& job, jobs::JobControl& control) {
  MAGNETITE_TRY(const chunk::MergeJob merge, merge_job(job.table, job.work, control));
  MAGNETITE_TRY(const chunk::ClosingFacts closing, closing_facts(merge, job.clock.wall_now()));
  const model::ChunkAddress address = job.partition.address(job.partition.next_chunk_id());
  const model::ChunkOrder order = job.work.back().order;
  const std::unique_ptr<FileName> name = job.persisted.new_file(address);
  ObjectSink sink(job.files, name->text(), kCopyBytesMax);
  chunk::ImageIdentity identity{address.database, job.database_uuid, address.partition_key, address.chunk, order};
  MAGNETITE_TRY(chunk::ImageFacts facts, chunk::compact(merge, {&sink, std::move(identity), [&] { return closing; }}));
  MAGNETITE_RETURN_IF_ERROR(sink.commit());
  MAGNETITE_TRY(std::shared_ptr<const chunk::Image> copy, copy_of(sink, job.files));

  const NewFile file{name->text(), address.chunk, order, std::move(facts)};
  PersistedChange change;
  change.partition = &job.partition;
  change.added = &file;
  for (const ChunkWork& source : job.work) change.removed.push_back(source.file);
  change.publish = [&](std::shared_ptr<const void> pin) {
    std::vector<StagedChunk> chunks;
    chunks.emplace_back(address, order, stage_of(file, copy, job.files, std::move(pin)),
                        times_of(job.work, job.clock.wall_now()));
    // Nobody else could touch the sources meanwhile.
    MAGNETITE_CHECK(
        job.partition.replace(ids_of(job.work), LifecycleAction::kCompacting, std::move(chunks)).has_value());
  };
  return job.persisted.commit(change);
}

}  // namespace

Result<> persist(const PersistJob& job, jobs::JobControl& control) {
  const auto run = [&]() -> Result<> {
    Written written;
    if (!job.work.chunks.empty()) {
      MAGNETITE_TRY(written, write(job, control));
    }
    PersistedChange change;
    change.partition = &job.partition;
    change.added = written.file ? &*written.file : nullptr;
    change.partition_checkpoint = &job.work.flush.checkpoint;
    change.cut = job.cut;
    change.publish = [&](std::shared_ptr<const void> pin) {
      std::vector<StagedChunk> chunks;
      if (!job.work.chunks.empty()) chunks = results(job, written, std::move(pin));
      job.partition.finish_persist(job.work, std::move(chunks));
    };
    return job.persisted.commit(change);
  };
  auto done = run();
  if (!done) job.partition.abort_persist(job.work);
  return done;
}

Result<> compact_files(const CompactFilesJob& job, jobs::JobControl& control) {
  auto done = merge_files(job, control);
  if (!done) job.partition.abandon(ids_of(job.work), LifecycleAction::kCompacting);
  return done;
}

}  // namespace magnetite::database
