#include "rpc/operation_proto.h"

#include <google/protobuf/empty.pb.h>
#include <grpcpp/support/status.h>
#include <influxdata/iox/management/v1/jobs.pb.h>

#include <algorithm>

namespace magnetite::rpc {
namespace {

namespace management = influxdata::iox::management::v1;

template <class Work>
void set_subject(const jobs::JobSubject& subject, Work& work) {
  work.set_db_name(subject.database);
  work.set_partition_key(subject.partition_key);
  work.set_table_name(subject.table);
}

template <class Work>
void set_chunks(const jobs::JobSubject& subject, Work& work) {
  set_subject(subject, work);
  for (const model::ChunkId chunk : subject.chunks) work.add_chunks(chunk.value);
}

void set_job(const jobs::JobStatus& job, management::OperationMetadata& out) {
  switch (job.kind) {
    case jobs::JobKind::kDummy:
      out.mutable_dummy()->mutable_nanos()->Add(job.subject.nap_nanos.begin(), job.subject.nap_nanos.end());
      return;
    case jobs::JobKind::kCloseChunk:
      set_subject(job.subject, *out.mutable_close_chunk());
      if (!job.subject.chunks.empty()) out.mutable_close_chunk()->set_chunk_id(job.subject.chunks.front().value);
      return;
    case jobs::JobKind::kCompactChunks:
    case jobs::JobKind::kCompactFiles:
      return set_chunks(job.subject, *out.mutable_compact_chunks());
    case jobs::JobKind::kPersistChunks:
      return set_chunks(job.subject, *out.mutable_persist_chunks());
    case jobs::JobKind::kRebuildCatalog:
      return out.mutable_rebuild_catalog()->set_db_name(job.subject.database);
    case jobs::JobKind::kVerifyCatalog:
      return out.mutable_verify_catalog()->set_db_name(job.subject.database);
    case jobs::JobKind::kWipeCatalog:
      return out.mutable_wipe_preserved_catalog()->set_db_name(job.subject.database);
    case jobs::JobKind::kCleanUp:
    case jobs::JobKind::kPurgeDatabase:
      return;  // the wire has no word for it
  }
}

uint64_t nanos(Duration duration) { return static_cast<uint64_t>(std::max<int64_t>(duration.count(), 0)); }

}  // namespace

void to_proto(const jobs::JobStatus& job, google::longrunning::Operation& out) {
  management::OperationMetadata metadata;
  metadata.set_cpu_nanos(nanos(job.cpu));
  if (job.ended()) metadata.set_wall_nanos(nanos(job.wall));
  // The tasks of a dummy job are its naps; every other job is one task.
  const bool counted = job.kind == jobs::JobKind::kDummy;
  const uint64_t tasks = counted ? job.subject.nap_nanos.size() : 1;
  metadata.set_task_count(tasks);
  if (!job.ended()) metadata.set_pending_count(tasks - (counted ? job.rows_done : 0));
  set_job(job, metadata);
  metadata.set_description(std::string(jobs::description(job.kind)));
  metadata.set_rows_done(job.rows_done);
  metadata.set_rows_total(job.rows_total);
  metadata.set_bytes_done(job.bytes_done);
  metadata.set_report(job.report);

  out.set_name(std::to_string(job.id.value));
  out.mutable_metadata()->PackFrom(metadata);
  out.set_done(job.ended());
  switch (job.state) {
    case jobs::JobState::kWaiting:
    case jobs::JobState::kRunning:
      break;
    case jobs::JobState::kSucceeded:
      out.mutable_response()->PackFrom(google::protobuf::Empty());
      break;
    case jobs::JobState::kCancelled:
      out.mutable_error()->set_code(grpc::CANCELLED);
      out.mutable_error()->set_message("Job cancelled");
      break;
    case jobs::JobState::kFailed:
      out.mutable_error()->set_code(grpc::INTERNAL);
      out.mutable_error()->set_message(job.error);
      break;
  }
}

}  // namespace magnetite::rpc
