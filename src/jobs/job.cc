#include "jobs/job.h"

namespace magnetite::jobs {

std::string_view description(JobKind kind) {
  switch (kind) {
    case JobKind::kDummy:
      return "Dummy Job, for testing";
    case JobKind::kCloseChunk:
      return "Loading chunk to ReadBuffer";
    case JobKind::kCompactChunks:
      return "Compacting chunks to ReadBuffer";
    case JobKind::kPersistChunks:
      return "Persisting chunks to object storage";
    case JobKind::kCompactFiles:
      return "Compacting files in object storage";
    case JobKind::kCleanUp:
      return "Removing unreferenced files from object storage";
    case JobKind::kRebuildCatalog:
      return "Rebuild preserved catalog";
    case JobKind::kVerifyCatalog:
      return "Verify preserved catalog";
    case JobKind::kWipeCatalog:
      return "Wipe preserved catalog";
    case JobKind::kPurgeDatabase:
      return "Purging a deleted database";
  }
  return "unknown";
}

std::string_view to_string(JobState state) {
  switch (state) {
    case JobState::kWaiting:
      return "Creating";
    case JobState::kRunning:
      return "Running";
    case JobState::kSucceeded:
      return "Complete";
    case JobState::kFailed:
      return "Errored";
    case JobState::kCancelled:
      return "Cancelled";
  }
  return "unknown";
}

Result<> JobControl::check() const {
  if (cancelled()) return fail(ErrorCode::kCancelled, "the job was cancelled");
  return {};
}

}  // namespace magnetite::jobs
