// Names by which SQL finds our tables.
#pragma once

namespace magnetite::query::sql {

inline constexpr const char* kCatalogName = "public";
inline constexpr const char* kSchemaAlias = "iox";      // of the statement's own database
inline constexpr const char* kSystemSchema = "system";  // what that database says of itself

}  // namespace magnetite::query::sql
