// The server's wire API as the commands need it: management and write over gRPC, queries over Arrow Flight.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace arrow {
class RecordBatchReader;
}
namespace google::longrunning {
class Operation;
}
namespace influxdata::iox::management::v1 {
class Chunk;
class DatabaseRules;
class ServerStatus;
}  // namespace influxdata::iox::management::v1

namespace magnetite::cli {

namespace management = influxdata::iox::management::v1;
namespace longrunning = google::longrunning;

struct ChunkName {
  std::string database;
  std::string partition_key;
  std::string table;
  uint32_t id = 0;
};

// Where the server is.
struct Endpoint {
  std::string host = "http://127.0.0.1:8082";
  std::string ca_certificates;  // file (PEM) trusted instead of the system's; for https
};

// Not thread-safe.
class Client {
 public:
  virtual ~Client() = default;
  // The host is http://name:port or https://name:port.
  static Result<std::unique_ptr<Client>> make(const Endpoint& endpoint);

  virtual Result<> create_database(const management::DatabaseRules& rules) = 0;
  virtual Result<std::vector<std::string>> list_databases() = 0;
  virtual Result<management::DatabaseRules> get_database(const std::string& name) = 0;
  virtual Result<uint64_t> write(const std::string& database, std::string lines) = 0;  // lines written

  virtual Result<std::vector<management::Chunk>> list_chunks(const std::string& database) = 0;
  virtual Result<std::vector<std::string>> list_partitions(const std::string& database) = 0;
  virtual Result<std::string> get_partition(const std::string& database, const std::string& key) = 0;
  virtual Result<std::vector<management::Chunk>> list_partition_chunks(const std::string& database,
                                                                       const std::string& key) = 0;
  virtual Result<> new_chunk(const ChunkName& place) = 0;  // its id means nothing
  virtual Result<longrunning::Operation> close_chunk(const ChunkName& chunk) = 0;
  virtual Result<> unload_chunk(const ChunkName& chunk) = 0;

  virtual Result<std::vector<longrunning::Operation>> list_operations() = 0;
  virtual Result<longrunning::Operation> get_operation(const std::string& id) = 0;
  // nullopt = until it has ended.
  virtual Result<longrunning::Operation> wait_operation(const std::string& id, std::optional<uint64_t> nanos) = 0;
  virtual Result<> cancel_operation(const std::string& id) = 0;
  virtual Result<longrunning::Operation> start_dummy_job(const std::vector<uint64_t>& nanos) = 0;

  virtual Result<uint32_t> server_id() = 0;
  virtual Result<> set_server_id(uint32_t id) = 0;
  virtual Result<management::ServerStatus> server_status() = 0;

  virtual Result<std::shared_ptr<arrow::RecordBatchReader>> query(const std::string& database,
                                                                  const std::string& sql) = 0;
};

}  // namespace magnetite::cli
