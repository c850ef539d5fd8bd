// The server's wire API as the commands need it: management and write over gRPC, queries over Arrow Flight.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace arrow {
class RecordBatchReader;
}
namespace influxdata::iox::management::v1 {
class DatabaseRules;
}

namespace magnetite::cli {

namespace management = influxdata::iox::management::v1;

// Not thread-safe.
class Client {
 public:
  virtual ~Client() = default;
  // `host` is http://name:port of the gRPC listener.
  static Result<std::unique_ptr<Client>> make(const std::string& host);

  virtual Result<> create_database(const management::DatabaseRules& rules) = 0;
  virtual Result<std::vector<std::string>> list_databases() = 0;
  virtual Result<management::DatabaseRules> get_database(const std::string& name) = 0;
  virtual Result<uint64_t> write(const std::string& database, std::string lines) = 0;  // lines written
  virtual Result<std::shared_ptr<arrow::RecordBatchReader>> query(const std::string& database,
                                                                  const std::string& sql) = 0;
};

}  // namespace magnetite::cli
