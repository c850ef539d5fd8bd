// The part of a WHERE clause that the scan understands. Advisory: DuckDB filters again above the scan.
#pragma once

#include <duckdb.hpp>
#include <duckdb/planner/expression.hpp>
#include <functional>

#include "model/predicate.h"
#include "schema/table_schema.h"

namespace magnetite::query::sql {

// Our column behind a reference of the expression, or nullptr.
using ColumnOf = std::function<const schema::Column*(const duckdb::Expression&)>;

// kExactTime: it is about time alone, and the predicate's range now says all of it.
enum class Understood : uint8_t { kExactTime, kOther };

// Adds what `expression` (one conjunct) says; what it does not understand adds nothing.
Understood add_condition(const duckdb::Expression& expression, const ColumnOf& column_of, model::Predicate& predicate);

}  // namespace magnetite::query::sql
