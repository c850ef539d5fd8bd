// Tables about a database itself: its chunks, columns, jobs. Made anew for each statement that asks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace magnetite::query {

enum class CellType : uint8_t { kText, kUInt32, kUInt64, kTime, kDuration };

struct SystemColumn {
  std::string_view name;
  CellType type = CellType::kText;
  bool nullable = false;
};

// Of the column's type; kUInt32 and kUInt64 both as uint64_t; monostate is NULL.
using SystemCell = std::variant<std::monostate, std::string, uint64_t, WallTime, Duration>;
using SystemRow = std::vector<SystemCell>;  // one cell a column

struct SystemTable {
  std::string_view name;
  std::span<const SystemColumn> columns;
};

// Thread-safe. Names and columns never change.
class SystemTables {
 public:
  virtual ~SystemTables() = default;
  virtual std::span<const SystemTable> tables() const = 0;
  // Of tables()[table]; may read from the store.
  virtual Result<std::vector<SystemRow>> rows(size_t table) const = 0;
};

}  // namespace magnetite::query
