// Chunks and operations as JSON texts of the command line, indented by two.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace google::longrunning {
class Operation;
}
namespace influxdata::iox::management::v1 {
class Chunk;
}

namespace magnetite::cli {

std::string chunks_json(std::span<const influxdata::iox::management::v1::Chunk> chunks);
std::string operation_json(const google::longrunning::Operation& operation);
std::string operations_json(std::span<const google::longrunning::Operation> operations);
std::string names_json(const std::vector<std::string>& names);
std::string partition_json(const std::string& key);

}  // namespace magnetite::cli
