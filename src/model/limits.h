// Bounds a server keeps for each database; options of `magnetite run`.
#pragma once

#include <cstddef>
#include <cstdint>

namespace magnetite::model {

struct Limits {
  size_t columns_per_table_max = 1'000;
  size_t tables_per_database_max = 10'000;
  size_t key_bytes_max = 64 * 1024;  // measurement, tag key, tag value, field key
  size_t line_bytes_max = 4 * 1024 * 1024;
};

}  // namespace magnetite::model
