// Short answers of the command line as JSON texts, indented by two.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace influxdata::iox::management::v1 {
class DeletedDatabase;
class DeleteDatabaseResponse;
class Remote;
}  // namespace influxdata::iox::management::v1

namespace magnetite::cli {

namespace management = influxdata::iox::management::v1;

// "01234567-89ab-cdef-0123-456789abcdef" of 16 bytes, and back; empty: it is none.
std::string uuid_text(const std::string& bytes);
std::string uuid_bytes(const std::string& text);

std::string deleted_json(std::span<const management::DeletedDatabase> databases);
std::string deleted_text(std::span<const management::DeletedDatabase> databases);
std::string delete_answer_json(const management::DeleteDatabaseResponse& answer);
std::string delete_answer_text(const std::string& name, const management::DeleteDatabaseResponse& answer);
std::string remotes_json(std::span<const management::Remote> remotes);
// A table with `ID` and `Connection string`, or that there are none.
std::string remotes_text(std::span<const management::Remote> remotes);
std::string written_json(uint64_t lines);

}  // namespace magnetite::cli
