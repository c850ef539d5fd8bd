// The columns of a table: an immutable snapshot that only ever grows into a new one.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "model/column_type.h"
#include "model/ids.h"

namespace magnetite::schema {

inline constexpr std::string_view kTimeColumn = "time";
inline constexpr model::ColumnId kTimeColumnId{0};

struct Column {
  model::ColumnId id;
  std::string name;  // case-sensitive bytes
  model::ColumnType type;
  bool operator==(const Column&) const = default;

  // Its name is not known: a catalog made anew out of files lacks what no file has. The log may still name it.
  bool is_vacant() const { return name.empty(); }
};

// A column some writer wants, or a log record declares.
struct ColumnWish {
  std::string name;
  model::ColumnType type;
  bool operator==(const ColumnWish&) const = default;
};

// Immutable, so freely shared between threads. Column 0 is always `time`.
class TableSchema {
 public:
  explicit TableSchema(std::string table);

  const std::string& table() const { return table_; }
  std::span<const Column> columns() const { return columns_; }  // by id: columns()[id.value].id == id; some vacant
  const Column& column(model::ColumnId id) const { return columns_[id.value]; }
  const Column* find(std::string_view name) const;  // nullptr if there is none

  // Bytewise, without vacant ones.
  std::vector<model::ColumnId> tags_by_name() const;
  std::vector<model::ColumnId> columns_by_name() const;

  // A snapshot with the wishes appended in order (those already there with the same type are skipped).
  // kInvalidInput names table, column, both types; kLimitExceeded above `columns_max`.
  Result<std::shared_ptr<const TableSchema>> extend(std::span<const ColumnWish> wishes, size_t columns_max) const;
  // A snapshot with a column whose id is known; ids before it that have no column yet become vacant. kCorruption when
  // another column has the id or the name.
  Result<std::shared_ptr<const TableSchema>> with(Column column) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::string table_;
  std::vector<Column> columns_;
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> by_name_;
};

}  // namespace magnetite::schema
