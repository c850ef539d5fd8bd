// DuckDB's errors as ours: its exceptions end here. For .cc files of this folder.
#pragma once

#include <duckdb.hpp>
#include <expected>

#include "base/error.h"

namespace magnetite::query::sql {

Error translate(const duckdb::ErrorData& error);

// Without the line of the statement that it shows: for a statement that is not as the client wrote it.
Error without_excerpt(Error error);

// Runs what may throw.
template <class Body>
auto guarded(const Body& body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::exception& exception) {
    return std::unexpected(translate(duckdb::ErrorData(exception)));
  }
}

}  // namespace magnetite::query::sql
