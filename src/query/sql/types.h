// Column types and values between our columns and DuckDB's vectors. Heavy header: for .cc files of this folder only.
#pragma once

#include <duckdb.hpp>
#include <optional>

#include "chunk/row_batch.h"
#include "model/predicate.h"

namespace magnetite::query::sql {

duckdb::LogicalType sql_type(model::ColumnType type);

// A literal of the column's own type; nullopt when the value is NULL or of another type.
std::optional<model::Literal> to_literal(const duckdb::Value& value, model::ColumnType type);

// Fills `out` with `rows` values. Copies numbers; strings are copied into the vector's heap.
void fill_vector(const chunk::ColumnVector& column, size_t rows, duckdb::Vector& out);

}  // namespace magnetite::query::sql
