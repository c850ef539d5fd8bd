// What can be asked of a server about the chunks, partitions and the catalog of a database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace google::longrunning {
class Operation;
}
namespace influxdata::iox::management::v1 {
class Chunk;
}

namespace magnetite::cli {

class Client;
namespace management = influxdata::iox::management::v1;
namespace longrunning = google::longrunning;

struct PartitionName {
  std::string database;
  std::string key;
  std::string table;
};

Result<std::vector<management::Chunk>> list_chunks(const Client& client, const std::string& database);
Result<std::vector<std::string>> list_partitions(const Client& client, const std::string& database);
// Answers with its key.
Result<std::string> get_partition(const Client& client, const std::string& database, const std::string& key);
Result<std::vector<management::Chunk>> list_partition_chunks(const Client& client, const std::string& database,
                                                             const std::string& key);

Result<> new_chunk(const Client& client, const PartitionName& partition);
Result<longrunning::Operation> close_chunk(const Client& client, const PartitionName& partition, uint32_t chunk);
Result<> unload_chunk(const Client& client, const PartitionName& partition, uint32_t chunk);
Result<longrunning::Operation> persist_partition(const Client& client, const PartitionName& partition);
Result<longrunning::Operation> compact_partition(const Client& client, const PartitionName& partition);
Result<> drop_partition(const Client& client, const PartitionName& partition);

Result<longrunning::Operation> wipe_catalog(const Client& client, const std::string& database);
Result<longrunning::Operation> verify_catalog(const Client& client, const std::string& database);
enum class UnreadableFiles : uint8_t { kFail, kPassOver };
Result<longrunning::Operation> rebuild_catalog(const Client& client, const std::string& database,
                                               UnreadableFiles unreadable);

}  // namespace magnetite::cli
