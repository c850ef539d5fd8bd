// The databases that there are for one statement: those that its caller may read.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "query/table_snapshot.h"

namespace duckdb {
class ClientContext;
}

namespace magnetite::query::sql {

using MayRead = std::function<bool(std::string_view database)>;  // empty: all

// A part of `all`; both outlive it.
class VisibleDatabases final : public DatabaseSource {
 public:
  VisibleDatabases(const DatabaseSource& all, const MayRead& may_read) : all_(all), may_read_(may_read) {}
  std::vector<std::string> database_names() const override;
  Result<std::shared_ptr<const TableSource>> database(std::string_view name) const override;

 private:
  bool is_visible(std::string_view name) const { return !may_read_ || may_read_(name); }

  const DatabaseSource& all_;
  const MayRead& may_read_;
};

// From here on, what the statements of `context` may see. One of which it was never said sees nothing.
void set_visible(duckdb::ClientContext& context, MayRead may_read);
VisibleDatabases visible(duckdb::ClientContext& context, const DatabaseSource& all);

}  // namespace magnetite::query::sql
