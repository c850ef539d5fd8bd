#include "cli/admin_json.h"

#include <fmt/format.h>
#include <google/longrunning/operations.pb.h>
#include <influxdata/iox/management/v1/chunk.pb.h>
#include <influxdata/iox/management/v1/jobs.pb.h>

#include <glaze/json.hpp>
#include <optional>

#include "cli/time_text.h"

namespace magnetite::cli {
// Not anonymous: reflection needs names that other units could see.
namespace admin_json_parts {

namespace management = influxdata::iox::management::v1;

struct Indented : glz::opts {
  uint8_t indentation_width = 2;
};
// Every field is shown, also those without a value.
constexpr Indented kEveryField{{.skip_null_members = false, .prettify = true}};

template <class Json>
std::string text_of(const Json& json) {
  return glz::write<kEveryField>(json).value_or("null");
}

struct ChunkJson {
  std::string partition_key;
  std::string table_name;
  uint32_t id = 0;
  std::string storage;
  std::optional<std::string> lifecycle_action;
  uint64_t estimated_bytes = 0;
  uint64_t row_count = 0;
  std::optional<std::string> time_of_first_write;
  std::optional<std::string> time_of_last_write;
  std::optional<std::string> time_closed;
};

std::string storage_name(management::ChunkStorage storage) {
  switch (storage) {
    case management::CHUNK_STORAGE_OPEN_MUTABLE_BUFFER:
      return "OpenMutableBuffer";
    case management::CHUNK_STORAGE_CLOSED_MUTABLE_BUFFER:
      return "ClosedMutableBuffer";
    case management::CHUNK_STORAGE_READ_BUFFER:
      return "ReadBuffer";
    case management::CHUNK_STORAGE_READ_BUFFER_AND_OBJECT_STORE:
      return "ReadBufferAndObjectStore";
    case management::CHUNK_STORAGE_OBJECT_STORE_ONLY:
      return "ObjectStoreOnly";
    default:
      return fmt::format("Unknown({})", static_cast<int>(storage));
  }
}

std::optional<std::string> action_name(management::ChunkLifecycleAction action) {
  switch (action) {
    case management::CHUNK_LIFECYCLE_ACTION_UNSPECIFIED:
      return std::nullopt;
    case management::CHUNK_LIFECYCLE_ACTION_MOVING:
      return "Moving";
    case management::CHUNK_LIFECYCLE_ACTION_PERSISTING:
      return "Persisting";
    case management::CHUNK_LIFECYCLE_ACTION_COMPACTING:
      return "Compacting";
    default:
      return fmt::format("Unknown({})", static_cast<int>(action));
  }
}

std::optional<std::string> time_of(bool is_set, const google::protobuf::Timestamp& time) {
  if (!is_set) return std::nullopt;
  return time_text(time.seconds(), time.nanos());
}

ChunkJson json_of(const management::Chunk& chunk) {
  return {chunk.partition_key(),
          chunk.table_name(),
          chunk.id(),
          storage_name(chunk.storage()),
          action_name(chunk.lifecycle_action()),
          chunk.estimated_bytes(),
          chunk.row_count(),
          time_of(chunk.has_time_of_first_write(), chunk.time_of_first_write()),
          time_of(chunk.has_time_of_last_write(), chunk.time_of_last_write()),
          time_of(chunk.has_time_closed(), chunk.time_closed())};
}

struct DurationJson {
  uint64_t secs = 0;
  uint64_t nanos = 0;
};
DurationJson duration_of(uint64_t nanos) { return {nanos / 1'000'000'000, nanos % 1'000'000'000}; }

struct DummyJson {
  std::vector<uint64_t> nanos;
};
struct ChunkJobJson {
  std::string db_name;
  std::string partition_key;
  std::string table_name;
  uint32_t chunk_id = 0;
};
struct ChunksJobJson {
  std::string db_name;
  std::string partition_key;
  std::string table_name;
  std::vector<uint32_t> chunks;
};
struct DatabaseJobJson {
  std::string db_name;
};

// The kind of a job is the name of the one member that is there.
using JobJson = std::variant<DummyJson, ChunkJobJson, ChunksJobJson, DatabaseJobJson>;
using NamedJob = std::map<std::string, JobJson>;

template <class Work>
ChunkJobJson chunk_job(const Work& work) {
  return {work.db_name(), work.partition_key(), work.table_name(), work.chunk_id()};
}
template <class Work>
ChunksJobJson chunks_job(const Work& work) {
  return {work.db_name(), work.partition_key(), work.table_name(), {work.chunks().begin(), work.chunks().end()}};
}

std::optional<NamedJob> job_of(const management::OperationMetadata& metadata) {
  switch (metadata.job_case()) {
    case management::OperationMetadata::kDummy:
      return NamedJob{{"Dummy", DummyJson{{metadata.dummy().nanos().begin(), metadata.dummy().nanos().end()}}}};
    case management::OperationMetadata::kCloseChunk:
      return NamedJob{{"CloseChunk", chunk_job(metadata.close_chunk())}};
    case management::OperationMetadata::kWriteChunk:
      return NamedJob{{"WriteChunk", chunk_job(metadata.write_chunk())}};
    case management::OperationMetadata::kWipePreservedCatalog:
      return NamedJob{{"WipePreservedCatalog", DatabaseJobJson{metadata.wipe_preserved_catalog().db_name()}}};
    case management::OperationMetadata::kCompactChunks:
      return NamedJob{{"CompactChunks", chunks_job(metadata.compact_chunks())}};
    case management::OperationMetadata::kPersistChunks:
      return NamedJob{{"PersistChunks", chunks_job(metadata.persist_chunks())}};
    case management::OperationMetadata::kRebuildCatalog:
      return NamedJob{{"RebuildCatalog", DatabaseJobJson{metadata.rebuild_catalog().db_name()}}};
    case management::OperationMetadata::kVerifyCatalog:
      return NamedJob{{"VerifyCatalog", DatabaseJobJson{metadata.verify_catalog().db_name()}}};
    case management::OperationMetadata::JOB_NOT_SET:
      break;
  }
  return std::nullopt;
}

struct OperationJson {
  std::string id;
  uint64_t task_count = 0;
  uint64_t pending_count = 0;
  DurationJson wall_time;
  DurationJson cpu_time;
  std::optional<NamedJob> job;
  std::string status;
  std::optional<std::string> error;
  std::optional<std::string> description;
  std::optional<std::string> report;
};

std::string status_of(const google::longrunning::Operation& operation) {
  if (!operation.done()) return "Running";
  if (!operation.has_error()) return "Complete";
  constexpr int kCancelled = 1;
  return operation.error().code() == kCancelled ? "Cancelled" : "Errored";
}

OperationJson json_of(const google::longrunning::Operation& operation) {
  management::OperationMetadata metadata;
  if (operation.has_metadata()) operation.metadata().UnpackTo(&metadata);
  OperationJson json;
  json.id = operation.name();
  json.task_count = metadata.task_count();
  json.pending_count = metadata.pending_count();
  json.wall_time = duration_of(metadata.wall_nanos());
  json.cpu_time = duration_of(metadata.cpu_nanos());
  json.job = job_of(metadata);
  json.status = status_of(operation);
  if (json.status == "Errored") json.error = operation.error().message();
  if (!metadata.description().empty()) json.description = metadata.description();
  if (!metadata.report().empty()) json.report = metadata.report();
  return json;
}

struct PartitionJson {
  std::string key;
};

}  // namespace admin_json_parts

using namespace admin_json_parts;

std::string chunks_json(std::span<const management::Chunk> chunks) {
  std::vector<ChunkJson> all;
  for (const management::Chunk& chunk : chunks) all.push_back(json_of(chunk));
  return text_of(all);
}

std::string operation_json(const google::longrunning::Operation& operation) { return text_of(json_of(operation)); }

std::string operations_json(std::span<const google::longrunning::Operation> operations) {
  std::vector<OperationJson> all;
  for (const google::longrunning::Operation& operation : operations) all.push_back(json_of(operation));
  return text_of(all);
}

std::string names_json(const std::vector<std::string>& names) { return text_of(names); }

std::string partition_json(const std::string& key) { return text_of(PartitionJson{key}); }

}  // namespace magnetite::cli
