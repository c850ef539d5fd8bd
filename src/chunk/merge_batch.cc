#include "chunk/merge_batch.h"

#include <algorithm>

#include "chunk/flat_column.h"

namespace magnetite::chunk {
namespace {

const ColumnVector kNullVector;

struct TagDictionary {
  std::vector<std::string_view> values;
  std::vector<uint64_t> validity;
  std::vector<uint32_t> indices;
  std::vector<std::shared_ptr<const SortedChunk>> rows;  // own the text
};

}  // namespace

Result<const int64_t*> GroupReader::times() {
  if (times_ == nullptr) {
    MAGNETITE_TRY(times_, rows_->decode(number_, schema::kTimeColumnId));
  }
  return static_cast<const int64_t*>(times_->vector.data);
}

Result<const ColumnVector*> GroupReader::column(size_t position) {
  const model::ColumnId id = columns_[position];
  if (decoded_[position] == nullptr) {
    if (id == schema::kTimeColumnId) {
      MAGNETITE_RETURN_IF_ERROR(times());
      decoded_[position] = times_;
    } else {
      if (rows_->summary(id) == nullptr) return &kNullVector;
      MAGNETITE_TRY(decoded_[position], rows_->decode(number_, id));
    }
  }
  return &decoded_[position]->vector;
}

size_t BatchBuilder::group_number(const std::shared_ptr<GroupReader>& group) {
  for (size_t i = groups_.size(); i > 0; --i)
    if (groups_[i - 1] == group) return i - 1;
  groups_.push_back(group);
  return groups_.size() - 1;
}

void BatchBuilder::count_rows(SeriesRef series, uint64_t count) {
  if (series_.empty() || series_.back().series != series)
    series_.push_back({series, count});
  else
    series_.back().rows += count;
  rows_ += count;
}

void BatchBuilder::add_run(SeriesRef series, const std::shared_ptr<GroupReader>& group, uint64_t first,
                           uint64_t count) {
  count_rows(series, count);
  const size_t number = group_number(group);
  if (!pieces_.empty()) {
    Piece& last = pieces_.back();
    if (last.source_count == 0 && last.group == number && last.first + last.count == first) {
      last.count += count;
      return;
    }
  }
  pieces_.push_back({number, first, count, 0, 0});
}

void BatchBuilder::start_shared_row(SeriesRef series) {
  count_rows(series, 1);
  pieces_.push_back({0, 0, 1, sources_.size(), 0});
}

void BatchBuilder::add_source(const std::shared_ptr<GroupReader>& group, uint64_t row) {
  sources_.push_back({group_number(group), row});
  ++pieces_.back().source_count;
}

Result<RowBatch> BatchBuilder::build() {
  RowBatch batch;
  batch.rows = rows_;
  batch.columns.resize(columns_.size());
  for (size_t position = 0; position < columns_.size(); ++position) {
    const schema::Column& column = schema_.column(columns_[position]);
    ColumnVector& out = batch.columns[position];
    out.type = column.type;
    if (column.type == model::ColumnType::kTag) {
      build_tag(column.id, out);
    } else {
      MAGNETITE_RETURN_IF_ERROR(build_field(position, out));
    }
  }
  return batch;
}

void BatchBuilder::build_tag(model::ColumnId id, ColumnVector& out) const {
  auto dictionary = std::make_shared<TagDictionary>();
  std::vector<std::optional<std::string_view>> values;  // of the dictionary
  std::vector<uint32_t> by_run;
  bool has_null = false;
  for (const SeriesRun& run : series_) {
    const std::shared_ptr<const SortedChunk>& rows = *run.series.rows;
    const std::optional<std::string_view> value = rows->series().tag(run.series.series, id);
    if (values.empty() || values.back() != value) {
      values.push_back(value);
      has_null = has_null || !value;
    }
    by_run.push_back(static_cast<uint32_t>(values.size() - 1));
    if (dictionary->rows.empty() || dictionary->rows.back() != rows) {
      if (std::ranges::find(dictionary->rows, rows) == dictionary->rows.end()) dictionary->rows.push_back(rows);
    }
  }
  if (values.size() == 1 && !values[0]) return;  // NULL throughout
  for (const auto& value : values) dictionary->values.push_back(value.value_or(std::string_view()));
  out.data = dictionary->values.data();
  if (values.size() == 1) {
    out.kind = ColumnVector::Kind::kConstant;
  } else {
    out.kind = ColumnVector::Kind::kDictionary;
    out.dictionary_size = values.size();
    dictionary->indices.reserve(rows_);
    for (size_t i = 0; i < series_.size(); ++i)
      dictionary->indices.insert(dictionary->indices.end(), series_[i].rows, by_run[i]);
    out.indices = dictionary->indices.data();
    if (has_null) {
      dictionary->validity.resize((values.size() + 63) / 64);
      for (size_t i = 0; i < values.size(); ++i)
        if (values[i]) dictionary->validity[i / 64] |= uint64_t{1} << (i % 64);
      out.validity = dictionary->validity.data();
    }
  }
  out.keep_alive = std::move(dictionary);
}

Result<> BatchBuilder::build_field(size_t position, ColumnVector& out) {
  std::vector<const ColumnVector*> vectors;
  bool all_null = true;
  for (const std::shared_ptr<GroupReader>& group : groups_) {
    MAGNETITE_TRY(const ColumnVector* vector, group->column(position));
    vectors.push_back(vector);
    all_null = all_null && vector->kind == ColumnVector::Kind::kNull;
  }
  if (all_null) return {};
  if (pieces_.size() == 1 && pieces_[0].source_count == 0) {
    const ColumnVector& source = *vectors[pieces_[0].group];
    const uint64_t first = pieces_[0].first;
    out.kind = ColumnVector::Kind::kFlat;
    out.data = static_cast<const std::byte*>(source.data) + first * value_bytes(out.type);
    out.validity = source.validity;
    out.validity_offset = source.validity_offset + first;
    out.keep_alive = source.keep_alive;
    return {};
  }
  switch (out.type) {
    case model::ColumnType::kFloat:
      gather<double>(vectors, out);
      break;
    case model::ColumnType::kUnsigned:
      gather<uint64_t>(vectors, out);
      break;
    case model::ColumnType::kBoolean:
      gather<uint8_t>(vectors, out);
      break;
    case model::ColumnType::kTag:
    case model::ColumnType::kString:
      gather<std::string_view>(vectors, out);
      break;
    case model::ColumnType::kInteger:
    case model::ColumnType::kTime:
      gather<int64_t>(vectors, out);
      break;
  }
  return {};
}

template <class T>
void BatchBuilder::gather(std::span<const ColumnVector* const> vectors, ColumnVector& out) const {
  struct Gathered {
    std::unique_ptr<T[]> values;
    std::vector<uint64_t> validity;
    std::vector<std::shared_ptr<const void>> sources;  // strings point into them
  };
  auto gathered = std::make_shared<Gathered>();
  gathered->values = std::make_unique_for_overwrite<T[]>(rows_);
  T* values = gathered->values.get();
  if constexpr (std::is_same_v<T, std::string_view>)
    for (const ColumnVector* vector : vectors) gathered->sources.push_back(vector->keep_alive);

  const bool may_be_null = std::ranges::any_of(vectors, [](const ColumnVector* vector) {
    return vector->kind == ColumnVector::Kind::kNull || vector->validity != nullptr;
  });
  if (may_be_null) gathered->validity.resize((rows_ + 63) / 64);
  const auto set_valid = [&](uint64_t row) {
    if (may_be_null) gathered->validity[row / 64] |= uint64_t{1} << (row % 64);
  };
  uint64_t at = 0;
  for (const Piece& piece : pieces_) {
    if (piece.source_count > 0) {
      values[at] = T();
      for (size_t i = piece.source_count; i > 0; --i) {
        const Source& source = sources_[piece.source_first + i - 1];
        const ColumnVector& vector = *vectors[source.group];
        if (!vector.is_valid(source.row)) continue;
        values[at] = static_cast<const T*>(vector.data)[source.row];
        set_valid(at);
        break;
      }
      ++at;
      continue;
    }
    const ColumnVector& vector = *vectors[piece.group];
    if (vector.kind == ColumnVector::Kind::kNull) {
      std::fill_n(values + at, piece.count, T());
    } else {
      const T* from = static_cast<const T*>(vector.data) + piece.first;
      if (piece.count == 1)  // inputs that interleave: a call would cost more than the copy
        values[at] = *from;
      else
        std::copy_n(from, piece.count, values + at);
      for (uint64_t i = 0; may_be_null && i < piece.count; ++i)
        if (vector.is_valid(piece.first + i)) set_valid(at + i);
    }
    at += piece.count;
  }
  out.kind = ColumnVector::Kind::kFlat;
  out.data = values;
  out.validity = may_be_null ? gathered->validity.data() : nullptr;
  out.keep_alive = std::move(gathered);
}

}  // namespace magnetite::chunk
