// What of DuckDB no statement may reach: functions that read or change the machine, the instance or its settings, or
// that trust their arguments with memory. They are taken out of its catalog at the start, so nothing leads around it.
#pragma once

#include <string_view>

namespace duckdb {
class DuckDB;
}

namespace magnetite::query::sql {

// Table functions stay only where this file knows them; scalar ones go where it does. Throws DuckDB's exceptions.
void lock_down(duckdb::DuckDB& database);

// A function of that name, in any case, was taken out of some instance of this process. Thread-safe.
bool is_locked(std::string_view function);

}  // namespace magnetite::query::sql
