#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "entry/routed_write.h"

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
    case FieldType::kFloat: return ColumnType::kFloat;
    case FieldType::kInteger: return ColumnType::kInteger;
    case FieldType::kUnsigned: return ColumnType::kUnsigned;
    case FieldType::kString: return ColumnType::kString;
    case FieldType::kBoolean: return ColumnType::kBoolean;
  }
  return ColumnType::kString;
}

struct PartitionState {
  PartitionWrite write;
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
  std::vector<uint32_t> last_line;   // by column: accepted-or-tried line + 1 that last named it
  std::vector<uint32_t> last_field;  // by column: that line's field
  int64_t bucket = 0;
  PartitionState* partition = nullptr;  // of `bucket`
  TextMap<PartitionState*> partitions;
};

struct LineFailure {
  std::string message;
  bool limit = false;
};
using Check = std::optional<LineFailure>;

class Router {
 public:
  Router(const ParsedBody& body, const PartitionKeyMaker& maker, const RouteOptions& options, RouteContext& context)
      : batch_(body.batch), text_(body.text), maker_(maker), options_(options), context_(context) {}

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
    TableState* table = nullptr;
    if (Check failure = find_table(line, table)) return failure;
    wishes_.clear();
    name_ = nullptr;
    if (maker_.reads_tags()) {
      if (Check failure = split_for_template(line, *table)) return failure;
    }
    PartitionState& partition = find_partition(line, *table);
    SeriesOrdinal ordinal = kUnknownSeries;
    bool new_series = false;
    SeriesName split;
    const std::string_view raw = line.series.in(text_);
    if (partition.write.lookup != nullptr) ordinal = partition.write.lookup->find(raw);
    if (ordinal == kUnknownSeries && !partition.missed.contains(raw)) {
      new_series = true;
      if (name_ == nullptr) {
        auto parsed = line_protocol::split_series(raw, options_.limits.key_bytes_max);
        if (!parsed) return LineFailure{parsed.error().message()};
        split = *std::move(parsed);
      } else {
        split = *name_;
      }
      if (Check failure = check_tags(split, *table)) return failure;
    }
    if (Check failure = check_fields(index, line, *table)) return failure;
    if (Check failure = grant_wishes(*table)) return failure;

    PartitionWrite& write = partition.write;
    if (new_series) {
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
    if (last_table_ != nullptr && raw == last_measurement_) return found = last_table_, std::nullopt;
    auto known = tables_by_spelling_.find(raw);
    if (known == tables_by_spelling_.end()) {
      std::string name;
      line_protocol::append_unescaped(raw, line_protocol::Escapes::kMeasurement, name);
      if (name.ends_with('\\')) return LineFailure{"the measurement ends in a backslash"};
      auto [by_name, added] = tables_by_name_.try_emplace(name, nullptr);
      if (added) {
        auto schema = context_.table(name);
        const bool is_new = schema == nullptr;
        if (is_new && context_.table_count() + new_tables_ >= options_.limits.tables_per_database_max) {
          tables_by_name_.erase(by_name);
          return LineFailure{fmt::format("table '{}' would be one more than the {} a database may have "
                                         "(--tables-per-database-max)", name, options_.limits.tables_per_database_max),
                             true};
        }
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

  // Only for templates that read tags.
  Check split_for_template(const Line& line, const TableState& table) {
    const std::string_view raw = line.series.in(text_);
    auto known = split_cache_.find(raw);
    if (known == split_cache_.end()) {
      auto parsed = line_protocol::split_series(raw, options_.limits.key_bytes_max);
      if (!parsed) return LineFailure{parsed.error().message()};
      known = split_cache_.emplace(raw, *std::move(parsed)).first;
    }
    name_ = &known->second;
    for (const std::string& column : maker_.tag_columns()) {
      const schema::Column* in_schema = table.write.schema->find(column);
      bool is_field = in_schema != nullptr && model::is_field(in_schema->type);
      for (uint32_t i = 0; i < line.field_count && !is_field; ++i)
        is_field = batch_.fields[line.field_first + i].key.in(text_) == column;
      if (is_field)
        return LineFailure{fmt::format("the partition template reads '{}', which is a field here: it must be a tag", column)};
    }
    return std::nullopt;
  }

  PartitionState& find_partition(const Line& line, TableState& table) {
    const int64_t bucket = maker_.time_bucket(line.timestamp);
    if (!maker_.reads_tags() && table.partition != nullptr && bucket == table.bucket) return *table.partition;
    const std::string key = maker_.key(table.write.name, line.timestamp, name_);
    auto [known, added] = table.partitions.try_emplace(key, nullptr);
    if (added) {
      PartitionState& state = partitions_.emplace_back();
      state.write.partition_key = key;
      state.write.sequencer_index = sequencer_index(table.write.name, key, options_.sequencer_count);
      state.write.lookup = context_.series(table.write.name, key);
      known->second = &state;
    }
    table.bucket = bucket;
    table.partition = known->second;
    return *known->second;
  }

  Check check_tags(const SeriesName& name, const TableState& table) {
    for (const line_protocol::Tag& tag : name.tags) {
      const schema::Column* column = table.write.schema->find(tag.key);
      if (column == nullptr) {
        wishes_.push_back({tag.key, ColumnType::kTag});
      } else if (column->type != ColumnType::kTag) {
        return LineFailure{fmt::format("column '{}' of table '{}' is a field of type {}, this line writes a tag", tag.key,
                                       table.write.name, to_string(column->type))};
      }
    }
    return std::nullopt;
  }

  Check check_fields(uint32_t index, const Line& line, TableState& table) {
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
      if (type != column_type(field.type)) {
        table.expected.clear();
        const std::string known = type == ColumnType::kTag ? "tag" : fmt::format("field of type {}", to_string(type));
        return LineFailure{fmt::format("column '{}' of table '{}' is a {}, this line writes a field of type {}", raw_key,
                                       table.write.name, known, to_string(field.type))};
      }
      if (id.value >= table.last_line.size()) {
        table.last_line.resize(id.value + 1);
        table.last_field.resize(id.value + 1);
      }
      // The last of several wins; the others are told apart by a column no field can have.
      if (table.last_line[id.value] == index + 1) out_.field_columns[table.last_field[id.value]] = schema::kTimeColumnId;
      table.last_line[id.value] = index + 1;
      table.last_field[id.value] = at;
      out_.field_columns[at] = id;
    }
    return std::nullopt;
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
    if (wish == wishes_.end()) wish = wishes_.insert(wishes_.end(), {std::string(key), column_type(field.type)});
    id = ColumnId{static_cast<uint32_t>(known + static_cast<size_t>(wish - wishes_.begin()))};
    type = wish->type;
    return std::nullopt;
  }

  // The line is good: what it wished for is part of the table from the next line on.
  Check grant_wishes(TableState& table) {
    if (wishes_.empty()) return std::nullopt;  // a new table always wishes for at least one field
    auto extended = table.write.schema->extend(wishes_, options_.limits.columns_per_table_max);
    if (!extended) {
      table.expected.clear();
      return LineFailure{extended.error().message(), extended.error().code() == ErrorCode::kLimitExceeded};
    }
    table.write.schema = *std::move(extended);
    std::ranges::move(wishes_, std::back_inserter(table.write.wishes));
    if (table.write.is_new && !counted_new_.contains(table.write.name)) {
      counted_new_.insert(table.write.name);
      ++new_tables_;
    }
    return std::nullopt;
  }

  void refuse(const Line& line, LineFailure failure) {
    ++refused_;
    if (wishes_dirty()) last_table_->expected.clear();
    if (failures_.size() >= kErrorsMax) return;
    failures_.push_back({{line.number, 1, std::move(failure.message),
                          std::string(line.text.in(text_).substr(0, line_protocol::kErrorLineBytesMax))},
                         failure.limit});
  }

  // Expectations learnt from a refused line may name columns that were only wished for.
  bool wishes_dirty() const { return last_table_ != nullptr && !wishes_.empty(); }

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
      while (parser_at < batch_.errors.size() && batch_.errors[parser_at].line_number < error.line_number) take_parser();
      out_.errors.push_back(std::move(error));
      out_.limit_errors.push_back(limit);
    }
    while (parser_at < batch_.errors.size()) take_parser();
  }

  static constexpr size_t kErrorsMax = 1'000;  // kept; all are counted

  const Batch& batch_;
  const std::string_view text_;
  const PartitionKeyMaker& maker_;
  const RouteOptions& options_;
  RouteContext& context_;
  RoutedWrite out_;
  std::deque<TableState> tables_;
  std::deque<PartitionState> partitions_;
  TextMap<TableState*> tables_by_name_;
  std::unordered_map<std::string_view, TableState*> tables_by_spelling_;
  std::string_view last_measurement_;
  TableState* last_table_ = nullptr;
  std::unordered_set<std::string> counted_new_;
  size_t new_tables_ = 0;
  std::unordered_map<std::string_view, SeriesName> split_cache_;
  const SeriesName* name_ = nullptr;           // of the current line, when the template reads tags
  std::vector<schema::ColumnWish> wishes_;     // of the current line
  std::vector<std::pair<line_protocol::LineError, bool>> failures_;
  uint64_t refused_ = 0;
};

}  // namespace

RoutedWrite route(const ParsedBody& body, const PartitionKeyMaker& maker, const RouteOptions& options,
                  RouteContext& context) {
  return Router(body, maker, options, context).run();
}

void make_payload(const ParsedBody& body, std::span<const uint32_t> lines, Payload& out) {
  const Batch& batch = body.batch;
  const bool whole = lines.size() == batch.lines.size() && batch.errors_total == 0 &&
                     std::ranges::all_of(batch.lines, &Line::timestamp_is_nanos);
  if (whole) {
    out.text = body.text;
    return;
  }
  size_t bytes = 0;
  constexpr size_t kTimestampBytesMax = 22;  // with its space and newline
  for (const uint32_t index : lines) bytes += batch.lines[index].text.length + kTimestampBytesMax;
  out.owned.reserve(bytes);
  for (const uint32_t index : lines) {
    const Line& line = batch.lines[index];
    out.owned.append(body.text, line.series.offset, line.fields_end - line.series.offset);
    fmt::format_to(std::back_inserter(out.owned), " {}\n", line.timestamp);
  }
  out.text = out.owned;
}

}  // namespace magnetite::entry
