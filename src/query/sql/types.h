// Column types and values between our columns and DuckDB's vectors. Heavy header: for .cc files of this folder only.
#pragma once

#include <duckdb.hpp>
#include <duckdb/common/vector/dictionary_vector.hpp>
#include <map>
#include <optional>

#include "base/mutex.h"
#include "chunk/row_batch.h"
#include "model/predicate.h"

namespace magnetite::query::sql {

duckdb::LogicalType sql_type(model::ColumnType type);

// A literal of the column's own type; nullopt when the value is NULL or of another type.
std::optional<model::Literal> to_literal(const duckdb::Value& value, model::ColumnType type);

// DuckDB's side of the dictionaries that a scan's batches share: made once, so that their hashes are computed once too.
// Thread-safe.
class SharedDictionaries {
 public:
  duckdb::buffer_ptr<duckdb::DictionaryEntry> get(const chunk::ColumnVector& column) EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::map<const void*, duckdb::buffer_ptr<duckdb::DictionaryEntry>> entries_ GUARDED_BY(mutex_);  // by their values
};

// Makes `out` the column's `rows` values. Refers to numbers without NULL and to long strings (and keeps them alive),
// copies the rest.
void fill_vector(const chunk::ColumnVector& column, size_t rows, SharedDictionaries& dictionaries, duckdb::Vector& out);

}  // namespace magnetite::query::sql
