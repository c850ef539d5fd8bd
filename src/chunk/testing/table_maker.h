// For tests and benchmarks: line protocol straight into an open chunk, without routing.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "chunk/open_chunk.h"
#include "line_protocol/parser.h"
#include "line_protocol/series_name.h"
#include "schema/table_schema.h"

namespace magnetite::chunk::testing {

class TableMaker {
 public:
  explicit TableMaker(std::string table = "m")
      : schema_(std::make_shared<const schema::TableSchema>(std::move(table))) {
    start_chunk();
  }

  // The next chunk gets a dictionary of its own.
  void start_chunk() {
    ++order_;
    dictionary_ = std::make_shared<SeriesDictionary>();
    chunk_ = std::make_unique<OpenChunk>(model::ChunkId{static_cast<uint32_t>(order_)}, model::ChunkOrder{order_},
                                         dictionary_, WallTime{1});
  }

  struct Prepared {
    entry::ParsedBody body;
    std::vector<model::ColumnId> field_columns;
    entry::PartitionWrite write;
    std::vector<SeriesOrdinal> ordinals;
  };

  void prepare(std::string text, Prepared& out) {
    out.body.text = std::move(text);
    line_protocol::parse(out.body.text, {}, out.body.batch);
    MAGNETITE_CHECK_MSG(out.body.batch.errors.empty(),
                        out.body.batch.errors.empty() ? "" : out.body.batch.errors[0].message);
    const auto& batch = out.body.batch;
    out.field_columns.clear();
    out.ordinals.clear();
    out.write.lines.clear();
    for (uint32_t i = 0; i < batch.lines.size(); ++i) {
      const std::string_view raw = batch.lines[i].series.in(out.body.text);
      SeriesOrdinal ordinal = dictionary_->find(raw);
      if (ordinal == entry::kUnknownSeries) {
        const auto name = line_protocol::split_series(raw, 65536);
        MAGNETITE_CHECK(name.has_value());
        std::vector<std::pair<model::ColumnId, std::string_view>> tags;
        for (const line_protocol::Tag& tag : name->tags)
          tags.emplace_back(column(tag.key, model::ColumnType::kTag), tag.value);
        ordinal = dictionary_->insert(raw, tags);
      }
      out.write.lines.push_back(i);
      out.ordinals.push_back(ordinal);
    }
    for (const line_protocol::Field& field : batch.fields)
      out.field_columns.push_back(column(field.key.in(out.body.text), type_of(field.type)));
  }

  void write(std::string text, WallTime now = {2}) {
    Prepared prepared;
    prepare(std::move(text), prepared);
    append(prepared, now);
  }
  void append(const Prepared& prepared, WallTime now = {2}) {
    chunk_->append(prepared.body, prepared.field_columns, prepared.write, prepared.ordinals, schema_, now);
  }

  model::ColumnId column(std::string_view name, model::ColumnType type) {
    if (const schema::Column* known = schema_->find(name)) return known->id;
    const schema::ColumnWish wish{std::string(name), type};
    schema_ = *schema_->extend({&wish, 1}, SIZE_MAX);
    return schema_->find(name)->id;
  }
  model::ColumnId id(std::string_view name) const { return schema_->find(name)->id; }

  OpenChunk& chunk() { return *chunk_; }
  const SeriesDictionary& dictionary() const { return *dictionary_; }
  const std::shared_ptr<const schema::TableSchema>& schema() const { return schema_; }

 private:
  static model::ColumnType type_of(line_protocol::FieldType type) {
    switch (type) {
      case line_protocol::FieldType::kFloat:
        return model::ColumnType::kFloat;
      case line_protocol::FieldType::kInteger:
        return model::ColumnType::kInteger;
      case line_protocol::FieldType::kUnsigned:
        return model::ColumnType::kUnsigned;
      case line_protocol::FieldType::kString:
        return model::ColumnType::kString;
      case line_protocol::FieldType::kBoolean:
        return model::ColumnType::kBoolean;
    }
    return model::ColumnType::kFloat;
  }

  std::shared_ptr<const schema::TableSchema> schema_;
  std::shared_ptr<SeriesDictionary> dictionary_;
  std::unique_ptr<OpenChunk> chunk_;
  uint64_t order_ = 0;
};

}  // namespace magnetite::chunk::testing
