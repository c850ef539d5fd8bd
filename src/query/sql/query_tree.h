// Walks over what DuckDB's parser made of a statement. Heavy: for .cc files of this folder.
#pragma once

#include <duckdb.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/tableref/showref.hpp>
#include <functional>

namespace magnetite::query::sql {

// Each SELECT and each SHOW, DESCRIBE or SUMMARIZE in `root`, however deep, once, in no order. The callbacks may change
// what they are given, but for its parts that are queries.
void for_each_query(duckdb::QueryNode& root, const std::function<void(duckdb::SelectNode&)>& on_select,
                    const std::function<void(duckdb::ShowRef&)>& on_show);

// The expression and all of its parts, but not inside of queries in it. Takes no stack: parts nest as deep as a text is
// long.
void for_each_part(duckdb::ParsedExpression& root, const std::function<void(duckdb::ParsedExpression&)>& on_part);

}  // namespace magnetite::query::sql
