// For tests: what a table holds by definition. Rows are kept one by one; the last non-NULL value of each field wins.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "chunk/merge.h"
#include "chunk/row_batch.h"
#include "chunk/series_index.h"
#include "schema/table_schema.h"

namespace magnetite::chunk::testing {

// A value as text, or nullopt for NULL.
using Cell = std::optional<std::string>;

inline Cell cell(const ColumnVector& vector, size_t row) {
  if (!vector.is_valid(row)) return std::nullopt;
  switch (vector.type) {
    case model::ColumnType::kFloat:
      return std::to_string(vector.value<double>(row));
    case model::ColumnType::kInteger:
    case model::ColumnType::kTime:
      return std::to_string(vector.value<int64_t>(row));
    case model::ColumnType::kUnsigned:
      return std::to_string(vector.value<uint64_t>(row));
    case model::ColumnType::kBoolean:
      return vector.value<uint8_t>(row) != 0 ? "true" : "false";
    case model::ColumnType::kTag:
    case model::ColumnType::kString:
      return std::string(vector.value<std::string_view>(row));
  }
  return std::nullopt;
}

struct ReferenceRow {
  std::map<std::string, std::string> tags;
  int64_t time = 0;
  std::map<std::string, std::string> fields;  // as cell() prints them

  std::string line(const std::map<std::string, char>& suffixes) const {
    std::string text = "m";
    for (const auto& [key, value] : tags) text += "," + key + "=" + value;
    char separator = ' ';
    for (const auto& [key, value] : fields) {
      text += separator + key + "=";
      const char suffix = suffixes.at(key);
      if (suffix == '"')
        text += '"' + value + '"';
      else if (suffix == ' ')
        text += value;
      else
        text += value + suffix;
      separator = ',';
    }
    return text + " " + std::to_string(time) + "\n";
  }
};

// Fields named by type, so that texts can be made without a schema.
inline const std::map<std::string, char>& field_suffixes() {
  static const std::map<std::string, char> suffixes{{"b", ' '}, {"f", ' '}, {"i", 'i'}, {"s", '"'}, {"u", 'u'}};
  return suffixes;
}

struct HistoryShape {
  unsigned series = 5;
  int64_t times = 50;
  unsigned field_percent = 50;
};

inline ReferenceRow random_row(std::mt19937& random, const HistoryShape& shape) {
  const auto pick = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  ReferenceRow row;
  const unsigned series = pick(shape.series);
  if (series % 4 != 3) row.tags["host"] = "h" + std::to_string(series);
  if (series % 3 != 2) row.tags["area"] = series % 2 == 0 ? "east" : "west";
  row.time = static_cast<int64_t>(random() % static_cast<uint64_t>(shape.times)) - shape.times / 2;
  while (row.fields.empty()) {
    if (pick(100) < shape.field_percent) row.fields["i"] = std::to_string(static_cast<int>(pick(1000)) - 500);
    if (pick(100) < shape.field_percent) row.fields["u"] = std::to_string(pick(1000));
    if (pick(100) < shape.field_percent) row.fields["f"] = std::to_string(static_cast<double>(pick(1000)) / 8);
    if (pick(100) < shape.field_percent) row.fields["b"] = pick(2) == 0 ? "true" : "false";
    if (pick(100) < shape.field_percent) row.fields["s"] = "text" + std::to_string(pick(1000));
  }
  return row;
}

class ReferenceTable {
 public:
  void add(const ReferenceRow& row) { rows_.push_back(row); }

  // All rows in the order of `key`, each with the cells of `columns`.
  std::vector<std::vector<Cell>> rows(const SortKey& key, const std::vector<model::ColumnId>& columns,
                                      const schema::TableSchema& schema,
                                      model::TimeRange times = model::TimeRange::all()) const {
    std::map<std::pair<std::vector<Cell>, int64_t>, std::map<std::string, std::string>> merged;
    const auto tag_of = [](const ReferenceRow& row, const std::string& name) {
      const auto it = row.tags.find(name);
      return it == row.tags.end() ? Cell() : Cell(it->second);
    };
    for (const ReferenceRow& row : rows_) {
      if (!times.contains(row.time)) continue;
      std::vector<Cell> tags;
      for (const model::ColumnId id : key.tags) tags.push_back(tag_of(row, schema.column(id).name));
      auto& cells = merged[{std::move(tags), row.time}];
      for (const auto& [name, value] : row.tags) cells[name] = value;
      for (const auto& [name, value] : row.fields) cells[name] = value;
      cells["time"] = std::to_string(row.time);
    }
    std::vector<std::vector<Cell>> all;
    for (const auto& [identity, cells] : merged) {
      all.emplace_back();
      for (const model::ColumnId id : columns) {
        const auto it = cells.find(schema.column(id).name);
        all.back().push_back(it == cells.end() ? Cell() : Cell(it->second));
      }
    }
    return all;
  }

 private:
  std::vector<ReferenceRow> rows_;
};

inline void append_rows(const RowBatch& batch, std::vector<std::vector<Cell>>& rows) {
  for (size_t row = 0; row < batch.rows; ++row) {
    rows.emplace_back();
    for (const ColumnVector& vector : batch.columns) rows.back().push_back(cell(vector, row));
  }
}

}  // namespace magnetite::chunk::testing
