#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "entry/routed_write.h"
#include "line_protocol/utf8.h"

namespace magnetite::entry {
namespace {

using line_protocol::Batch;
using line_protocol::Field;
using line_protocol::FieldType;
using line_protocol::Line;
using line_protocol::SeriesName;
using model::ColumnId;
using model::ColumnType;

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <class Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

ColumnType column_type(FieldType type) {
  switch (type) {
    case FieldType::kFloat:
      return ColumnType::kFloat;
    case FieldType::kInteger:
      return ColumnType::kInteger;
    case FieldType::kUnsigned:
      return ColumnType::kUnsigned;
    case FieldType::kString:
      return ColumnType::kString;
    case FieldType::kBoolean:
      return ColumnType::kBoolean;
  }
  return ColumnType::kString;
}

// "an integer", for messages.
std::string_view with_article(ColumnType type) {
  switch (type) {
    case ColumnType::kTag:
      return "a tag";
    case ColumnType::kFloat:
      return "a float";
    case ColumnType::kInteger:
      return "an integer";
    case ColumnType::kUnsigned:
      return "an unsigned integer";
    case ColumnType::kString:
      return "a string";
    case ColumnType::kBoolean:
      return "a boolean";
    case ColumnType::kTime:
      return "the timestamp";
  }
  return "";
}

struct PartitionState {
  PartitionWrite write;
  SeriesLookup::Trail trail;
  std::unordered_set<std::string_view> missed;  // spellings in new_series
};

// The j-th field of the previous line: the next line's j-th field is most likely the same column.
struct Expected {
  std::string_view raw_key;
  ColumnId column;
  ColumnType type;
};

struct TableState {
  TableWrite write;
  std::vector<Expected> expected;
  size_t expected_distinct = 0;      // so many of them, from the first, are different columns
  std::vector<uint32_t> last_line;   // by column: accepted-or-tried line + 1 that last named it
  std::vector<uint32_t> last_field;  // by column: that line's field
  int64_t bucket = 0;
  PartitionState* partition = nullptr;  // of `bucket`, when the template reads no tags
  TextMap<PartitionState*> partitions;
  bool is_counted = false;  // among the new tables of this body
};

// A spelling of a series, when the template reads tags.
struct Spelling {
  SeriesName name;
  int64_t bucket = 0;
  PartitionState* partition = nullptr;  // of `bucket`
};

struct LineFailure {
  std::string message;
  bool limit = false;
};
using Check = std::optional<LineFailure>;

class Router {
 public:
  Router(const ParsedBody& body, const PartitionKeyMaker& maker, const RouteOptions& options, RouteContext& context)
      : batch_(body.batch),
        text_(body.text),
        maker_(maker),
        reads_tags_(maker.reads_tags()),
        options_(options),
        context_(context) {}

  RoutedWrite run() {
    out_.field_columns.resize(batch_.fields.size());
    for (uint32_t i = 0; i < batch_.lines.size(); ++i) {
      if (Check failure = route_line(i)) refuse(batch_.lines[i], *std::move(failure));
    }
    assemble();
    return std::move(out_);
  }

 private:
  Check route_line(uint32_t index) {
    const Line& line = batch_.lines[index];
    const std::string_view raw = line.series.in(text_);
    wishes_.clear();
    TableState* table = nullptr;
    if (Check failure = find_table(line, table)) return failure;
    Spelling* spelling = nullptr;
    if (reads_tags_) {
      if (Check failure = find_spelling(raw, spelling)) return failure;
      if (Check failure = check_template(line, *table)) return failure;
    }
    PartitionState& partition = find_partition(line, *table, spelling);
    SeriesOrdinal ordinal = kUnknownSeries;
    bool is_new = false;
    SeriesName split;
    if (partition.write.lookup != nullptr) ordinal = partition.write.lookup->find(raw, partition.trail);
    if (ordinal == kUnknownSeries && !partition.missed.contains(raw)) {
      is_new = true;
      if (spelling == nullptr) {
        auto parsed = line_protocol::split_series(raw, options_.limits.key_bytes_max);
        if (!parsed) return LineFailure{parsed.error().message()};
        split = *std::move(parsed);
      } else {
        split = spelling->name;
      }
      if (Check failure = check_tags(split, *table)) return failure;
    }
    if (Check failure = check_fields(index, line, *table)) return failure;
    if (Check failure = grant_wishes(*table)) return failure;

    PartitionWrite& write = partition.write;
    if (is_new) {
      partition.missed.insert(raw);
      write.new_series.push_back({static_cast<uint32_t>(write.lines.size()), std::move(split)});
    }
    write.lines.push_back(index);
    write.series.push_back(ordinal);
    write.times.include(line.timestamp);
    out_.fields_accepted += line.field_count;
    ++out_.lines_accepted;
    return std::nullopt;
  }

  Check find_table(const Line& line, TableState*& found) {
    const std::string_view raw = text_.substr(line.series.offset, line.measurement_bytes);
    if (last_table_ != nullptr && raw == last_measurement_) {
      found = last_table_;
      return std::nullopt;
    }
    auto known = tables_by_spelling_.find(raw);
    if (known == tables_by_spelling_.end()) {
      std::string name;
      line_protocol::append_unescaped(raw, line_protocol::Escapes::kMeasurement, name);
      if (name.ends_with('\\')) return LineFailure{"the measurement ends in a backslash"};
      auto [by_name, added] = tables_by_name_.try_emplace(name, nullptr);
      if (added) {
        auto schema = context_.table(name);
        const bool is_new = schema == nullptr;
        if (is_new) schema = std::make_shared<const schema::TableSchema>(name);
        TableState& state = tables_.emplace_back();
        state.write = {name, std::move(schema), {}, is_new};
        by_name->second = &state;
      }
      known = tables_by_spelling_.emplace(raw, by_name->second).first;
    }
    last_measurement_ = raw;
    found = last_table_ = known->second;
    return std::nullopt;
  }

  Check find_spelling(std::string_view raw, Spelling*& found) {
    auto known = spellings_.find(raw);
    if (known == spellings_.end()) {
      auto parsed = line_protocol::split_series(raw, options_.limits.key_bytes_max);
      if (!parsed) return LineFailure{parsed.error().message()};
      known = spellings_.emplace(raw, Spelling{.name = *std::move(parsed)}).first;
    }
    found = &known->second;
    return std::nullopt;
  }

  // A field must not steer the partition (L2).
  Check check_template(const Line& line, const TableState& table) {
    for (const std::string& column : maker_.tag_columns()) {
      const schema::Column* in_schema = table.write.schema->find(column);
      bool is_field = in_schema != nullptr && model::is_field(in_schema->type);
      for (uint32_t i = 0; i < line.field_count && !is_field; ++i)
        is_field = names(batch_.fields[line.field_first + i], column);
      if (is_field)
        return LineFailure{
            fmt::format("the partition template reads '{}', which is a field here: it must be a tag", column)};
    }
    return std::nullopt;
  }

  bool names(const Field& field, std::string_view column) const {
    const std::string_view raw = field.key.in(text_);
    if (!field.key_escaped) return raw == column;
    std::string key;
    line_protocol::append_unescaped(raw, line_protocol::Escapes::kKey, key);
    return key == column;
  }

  PartitionState& find_partition(const Line& line, TableState& table, Spelling* spelling) {
    const int64_t bucket = maker_.time_bucket(line.timestamp);
    int64_t& last_bucket = spelling == nullptr ? table.bucket : spelling->bucket;
    PartitionState*& last = spelling == nullptr ? table.partition : spelling->partition;
    if (last != nullptr && bucket == last_bucket) return *last;
    std::string key = maker_.key(table.write.name, line.timestamp, spelling == nullptr ? nullptr : &spelling->name);
    auto [known, added] = table.partitions.try_emplace(std::move(key), nullptr);
    if (added) {
      PartitionState& state = partitions_.emplace_back();
      state.write.partition_key = known->first;
      state.write.sequencer_index = sequencer_index(table.write.name, known->first, options_.sequencer_count);
      state.write.lookup = context_.series(table.write.name, known->first);
      known->second = &state;
    }
    last_bucket = bucket;
    last = known->second;
    return *last;
  }

  Check check_tags(const SeriesName& name, const TableState& table) {
    for (const line_protocol::Tag& tag : name.tags) {
      const schema::Column* column = table.write.schema->find(tag.key);
      if (column == nullptr) {
        wishes_.push_back({tag.key, ColumnType::kTag});
      } else if (column->type != ColumnType::kTag) {
        return conflict(tag.key, table, column->type, ColumnType::kTag);
      }
    }
    return std::nullopt;
  }

  Check check_fields(uint32_t index, const Line& line, TableState& table) {
    return are_expected(line, table) ? std::nullopt : check_each_field(index, line, table);
  }

  // Most lines of a table name the same fields in the same order.
  bool are_expected(const Line& line, const TableState& table) {
    if (line.field_count > table.expected_distinct) return false;
    const Field* fields = batch_.fields.data() + line.field_first;
    ColumnId* columns = out_.field_columns.data() + line.field_first;
    for (uint32_t i = 0; i < line.field_count; ++i) {
      const Expected& expected = table.expected[i];
      if (!is_same(fields[i].key.in(text_), expected.raw_key)) return false;
      if (column_type(fields[i].type) != expected.type) return false;
      columns[i] = expected.column;
    }
    return true;
  }

  // Names are short: a call would cost more than the comparison.
  static bool is_same(std::string_view a, std::string_view b) {
    constexpr size_t kWord = sizeof(uint64_t);
    if (a.size() != b.size() || a.size() < kWord || a.size() > 2 * kWord) return a == b;
    const auto word = [](const char* at) {
      uint64_t bytes;
      std::memcpy(&bytes, at, kWord);
      return bytes;
    };
    return word(a.data()) == word(b.data()) && word(a.end() - kWord) == word(b.end() - kWord);
  }

  Check check_each_field(uint32_t index, const Line& line, TableState& table) {
    table.expected_distinct = 0;
    bool distinct = true;
    for (uint32_t i = 0; i < line.field_count; ++i) {
      const uint32_t at = line.field_first + i;
      const Field& field = batch_.fields[at];
      const std::string_view raw_key = field.key.in(text_);
      ColumnId id;
      ColumnType type = ColumnType::kTime;
      if (i < table.expected.size() && table.expected[i].raw_key == raw_key) [[likely]] {
        id = table.expected[i].column;
        type = table.expected[i].type;
      } else {
        if (Check failure = resolve_field(field, raw_key, table, id, type)) return failure;
        if (i <= table.expected.size()) {
          table.expected.resize(std::max<size_t>(table.expected.size(), i + 1));
          table.expected[i] = {raw_key, id, type};
        }
      }
      if (type != column_type(field.type)) return conflict(raw_key, table, type, column_type(field.type));
      if (id.value >= table.last_line.size()) {
        table.last_line.resize(id.value + 1);
        table.last_field.resize(id.value + 1);
      }
      // The last of several wins; the others are told apart by a column no field can have.
      if (table.last_line[id.value] == index + 1) {
        out_.field_columns[table.last_field[id.value]] = schema::kTimeColumnId;
        distinct = false;
      }
      table.last_line[id.value] = index + 1;
      table.last_field[id.value] = at;
      out_.field_columns[at] = id;
    }
    if (distinct) table.expected_distinct = line.field_count;  // which are this line's now
    return std::nullopt;
  }

  static LineFailure conflict(std::string_view column, const TableState& table, ColumnType known, ColumnType written) {
    return {fmt::format("column '{}' of table '{}' is {}, this line writes {}", column, table.write.name,
                        with_article(known), with_article(written))};
  }

  Check resolve_field(const Field& field, std::string_view raw_key, const TableState& table, ColumnId& id,
                      ColumnType& type) {
    std::string unescaped;
    std::string_view key = raw_key;
    if (field.key_escaped) {
      line_protocol::append_unescaped(raw_key, line_protocol::Escapes::kKey, unescaped);
      key = unescaped;
      if (key == schema::kTimeColumn) return LineFailure{"'time' is the timestamp's name, a field cannot have it"};
    }
    if (const schema::Column* column = table.write.schema->find(key)) {
      id = column->id;
      type = column->type;
      return std::nullopt;
    }
    const auto known = table.write.schema->columns().size();
    auto wish = std::ranges::find(wishes_, key, &schema::ColumnWish::name);
    if (wish == wishes_.end()) {
      // Refused now rather than after the line's other hundred thousand fields.
      if (known + wishes_.size() >= options_.limits.columns_per_table_max)
        return LineFailure{fmt::format("table '{}' would have more than {} columns (--columns-per-table-max)",
                                       table.write.name, options_.limits.columns_per_table_max),
                           true};
      wish = wishes_.insert(wishes_.end(), {std::string(key), column_type(field.type)});
    }
    id = ColumnId{static_cast<uint32_t>(known + static_cast<size_t>(wish - wishes_.begin()))};
    type = wish->type;
    return std::nullopt;
  }

  // The line is good: what it wished for is part of the table from the next line on.
  Check grant_wishes(TableState& table) {
    if (wishes_.empty()) return std::nullopt;  // a new table always wishes for at least one field
    const bool counts = table.write.is_new && !table.is_counted;
    if (counts && context_.table_count() + new_tables_ >= options_.limits.tables_per_database_max)
      return LineFailure{fmt::format("table '{}' would be one more than the {} a database may have "
                                     "(--tables-per-database-max)",
                                     table.write.name, options_.limits.tables_per_database_max),
                         true};
    auto extended = table.write.schema->extend(wishes_, options_.limits.columns_per_table_max);
    if (!extended) return LineFailure{extended.error().message(), extended.error().code() == ErrorCode::kLimitExceeded};
    table.write.schema = *std::move(extended);
    std::ranges::move(wishes_, std::back_inserter(table.write.wishes));
    if (counts) {
      table.is_counted = true;
      ++new_tables_;
    }
    return std::nullopt;
  }

  void refuse(const Line& line, LineFailure failure) {
    ++refused_;
    // What was learnt from this line may name columns that will not come to be.
    if (!wishes_.empty()) {
      last_table_->expected.clear();
      last_table_->expected_distinct = 0;
    }
    if (failures_.size() >= kErrorsMax) return;
    failures_.push_back({{line.number, 1, std::move(failure.message),
                          line_protocol::printable(line.text.in(text_), line_protocol::kErrorLineBytesMax)},
                         failure.limit});
  }

  void assemble() {
    for (TableState& table : tables_) {
      bool used = false;
      for (auto& [key, partition] : table.partitions) {
        if (partition->write.lines.empty()) continue;
        partition->write.table = static_cast<uint32_t>(out_.tables.size());
        used = true;
      }
      if (used) out_.tables.push_back(std::move(table.write));
    }
    for (PartitionState& partition : partitions_)
      if (!partition.write.lines.empty()) out_.partitions.push_back(std::move(partition.write));

    out_.lines_rejected = batch_.errors_total + refused_;
    size_t parser_at = 0;
    const auto take_parser = [&] {
      out_.errors.push_back(batch_.errors[parser_at++]);
      out_.limit_errors.push_back(false);
    };
    for (auto& [error, limit] : failures_) {
      while (parser_at < batch_.errors.size() && batch_.errors[parser_at].line_number < error.line_number)
        take_parser();
      out_.errors.push_back(std::move(error));
      out_.limit_errors.push_back(limit);
    }
    while (parser_at < batch_.errors.size()) take_parser();
  }

  static constexpr size_t kErrorsMax = 1'000;  // kept; all are counted

  const Batch& batch_;
  const std::string_view text_;
  const PartitionKeyMaker& maker_;
  const bool reads_tags_;
  const RouteOptions& options_;
  RouteContext& context_;
  RoutedWrite out_;
  std::deque<TableState> tables_;
  std::deque<PartitionState> partitions_;
  TextMap<TableState*> tables_by_name_;
  std::unordered_map<std::string_view, TableState*> tables_by_spelling_;
  std::string_view last_measurement_;
  TableState* last_table_ = nullptr;
  size_t new_tables_ = 0;
  std::unordered_map<std::string_view, Spelling> spellings_;
  std::vector<schema::ColumnWish> wishes_;  // of the current line
  std::vector<std::pair<line_protocol::LineError, bool>> failures_;
  uint64_t refused_ = 0;
};

}  // namespace

RoutedWrite route(const ParsedBody& body, const PartitionKeyMaker& maker, const RouteOptions& options,
                  RouteContext& context) {
  return Router(body, maker, options, context).run();
}

}  // namespace magnetite::entry
