#include "query/sql/types.h"

#include <cstring>
#include <duckdb/common/vector/constant_vector.hpp>
#include <duckdb/common/vector/dictionary_vector.hpp>
#include <duckdb/common/vector/flat_vector.hpp>
#include <duckdb/common/vector/string_vector.hpp>

namespace magnetite::query::sql {

using chunk::ColumnVector;
using model::ColumnType;

duckdb::LogicalType sql_type(ColumnType type) {
  switch (type) {
    case ColumnType::kTag:
    case ColumnType::kString:
      return duckdb::LogicalType::VARCHAR;
    case ColumnType::kFloat:
      return duckdb::LogicalType::DOUBLE;
    case ColumnType::kInteger:
      return duckdb::LogicalType::BIGINT;
    case ColumnType::kUnsigned:
      return duckdb::LogicalType::UBIGINT;
    case ColumnType::kBoolean:
      return duckdb::LogicalType::BOOLEAN;
    case ColumnType::kTime:
      return duckdb::LogicalType::TIMESTAMP_NS;
  }
  return duckdb::LogicalType::VARCHAR;
}

std::optional<model::Literal> to_literal(const duckdb::Value& value, ColumnType type) {
  if (value.IsNull() || value.type() != sql_type(type)) return std::nullopt;
  switch (type) {
    case ColumnType::kTag:
    case ColumnType::kString:
      return duckdb::StringValue::Get(value);
    case ColumnType::kFloat:
      return value.GetValueUnsafe<double>();
    case ColumnType::kInteger:
      return value.GetValueUnsafe<int64_t>();
    case ColumnType::kUnsigned:
      return value.GetValueUnsafe<uint64_t>();
    case ColumnType::kBoolean:
      return value.GetValueUnsafe<bool>();
    case ColumnType::kTime:
      return value.GetValueUnsafe<duckdb::timestamp_ns_t>().value;
  }
  return std::nullopt;
}

namespace {

using duckdb::FlatVector;

bool is_text(ColumnType type) { return type == ColumnType::kTag || type == ColumnType::kString; }

size_t width(ColumnType type) { return type == ColumnType::kBoolean ? 1 : 8; }

void copy_validity(const ColumnVector& column, size_t count, duckdb::Vector& out) {
  if (column.validity == nullptr) return;
  auto& mask = FlatVector::ValidityMutable(out);
  for (size_t i = 0; i < count; ++i) {
    const size_t bit = column.validity_offset + i;
    if ((column.validity[bit / 64] >> (bit % 64) & 1) == 0) mask.SetInvalid(i);
  }
}

// Holds what a vector refers to for as long as DuckDB holds the vector.
struct KeepAlive final : duckdb::AuxiliaryDataHolder {
  explicit KeepAlive(std::shared_ptr<const void> what) : held(std::move(what)) {}
  const std::shared_ptr<const void> held;
};

void keep_alive(const ColumnVector& column, duckdb::Vector& out) {
  out.AddAuxiliaryData(duckdb::make_uniq<KeepAlive>(column.keep_alive));
}

// The first `count` entries of the column's data, as a flat vector.
void fill_texts(const ColumnVector& column, size_t count, duckdb::Vector& out) {
  const auto* texts = static_cast<const std::string_view*>(column.data);
  auto* strings = FlatVector::GetDataMutable<duckdb::string_t>(out);
  copy_validity(column, count, out);
  const auto& mask = FlatVector::Validity(out);
  for (size_t i = 0; i < count; ++i)
    if (mask.RowIsValid(i)) strings[i] = duckdb::string_t(texts[i].data(), static_cast<uint32_t>(texts[i].size()));
  keep_alive(column, out);
}

void fill_flat(const ColumnVector& column, size_t rows, duckdb::Vector& out) {
  if (is_text(column.type)) return fill_texts(column, rows, out);
  if (column.validity == nullptr) {
    auto* data = const_cast<duckdb::data_ptr_t>(static_cast<duckdb::const_data_ptr_t>(column.data));  // only read
    out.SetBuffer(duckdb::make_buffer<duckdb::StandardVectorBuffer>(data, duckdb::count_t(rows), width(column.type)));
    return keep_alive(column, out);
  }
  std::memcpy(FlatVector::GetDataMutable(out), column.data, rows * width(column.type));
  copy_validity(column, rows, out);
}

void fill_constant(const ColumnVector& column, size_t rows, duckdb::Vector& out) {
  const auto* text = static_cast<const std::string_view*>(column.data);
  out.Reference(duckdb::Value(std::string(*text)), duckdb::count_t(rows));
}

void fill_dictionary(const ColumnVector& column, size_t rows, SharedDictionaries& dictionaries, duckdb::Vector& out) {
  static_assert(sizeof(duckdb::sel_t) == sizeof(*column.indices));
  duckdb::SelectionVector selection(rows);
  std::memcpy(selection.data(), column.indices, rows * sizeof(duckdb::sel_t));
  if (column.dictionary_is_shared) return out.Dictionary(dictionaries.get(column), selection, rows);
  duckdb::Vector dictionary(duckdb::LogicalType::VARCHAR, column.dictionary_size);
  fill_texts(column, column.dictionary_size, dictionary);
  FlatVector::SetSize(dictionary, column.dictionary_size);
  out.Dictionary(dictionary, column.dictionary_size, selection, rows);
}

}  // namespace

duckdb::buffer_ptr<duckdb::DictionaryEntry> SharedDictionaries::get(const ColumnVector& column) {
  const MutexLock lock(mutex_);
  duckdb::buffer_ptr<duckdb::DictionaryEntry>& entry = entries_[column.data];
  if (entry == nullptr) {
    auto made =
        duckdb::DictionaryVector::CreateReusableDictionary(duckdb::LogicalType::VARCHAR, column.dictionary_size);
    fill_texts(column, column.dictionary_size, made->data);
    FlatVector::SetSize(made->data, column.dictionary_size);
    entry = std::move(made);
  }
  return entry;
}

void fill_vector(const ColumnVector& column, size_t rows, SharedDictionaries& dictionaries, duckdb::Vector& out) {
  switch (column.kind) {
    case ColumnVector::Kind::kFlat:
      return fill_flat(column, rows, out);
    case ColumnVector::Kind::kConstant:
      if (is_text(column.type) && column.is_valid(0)) return fill_constant(column, rows, out);
      return duckdb::ConstantVector::SetNull(out, duckdb::count_t(rows));
    case ColumnVector::Kind::kDictionary:
      return fill_dictionary(column, rows, dictionaries, out);
    case ColumnVector::Kind::kNull:
      return duckdb::ConstantVector::SetNull(out, duckdb::count_t(rows));
  }
}

}  // namespace magnetite::query::sql
