#include "query/sql/visible_databases.h"

#include <fmt/format.h>

#include <duckdb.hpp>
#include <duckdb/main/client_context_state.hpp>

namespace magnetite::query::sql {
namespace {

constexpr const char* kKey = "magnetite_visible_databases";

struct VisibleState final : duckdb::ClientContextState {
  MayRead may_read = [](std::string_view) { return false; };
};

VisibleState& state_of(duckdb::ClientContext& context) {
  return *context.registered_state->GetOrCreate<VisibleState>(kKey);
}

}  // namespace

std::vector<std::string> VisibleDatabases::database_names() const {
  std::vector<std::string> names = all_.database_names();
  std::erase_if(names, [this](const std::string& name) { return !is_visible(name); });
  return names;
}

Result<std::shared_ptr<const TableSource>> VisibleDatabases::database(std::string_view name) const {
  if (!is_visible(name)) return fail(ErrorCode::kNotFound, fmt::format("database '{}' is not known", name));
  return all_.database(name);
}

void set_visible(duckdb::ClientContext& context, MayRead may_read) { state_of(context).may_read = std::move(may_read); }

VisibleDatabases visible(duckdb::ClientContext& context, const DatabaseSource& all) {
  return {all, state_of(context).may_read};
}

}  // namespace magnetite::query::sql
