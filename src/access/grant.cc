#include "access/grant.h"

#include <fmt/format.h>

#include <algorithm>

namespace magnetite::access {
namespace {

bool has(const Grant& grant, std::string_view database, bool Permission::* action) {
  return std::ranges::any_of(grant.permissions, [&](const Permission& each) {
    return each.*action && (each.database == kEveryDatabase || each.database == database);
  });
}

std::unexpected<Error> denied(std::string what) { return fail(ErrorCode::kPermissionDenied, std::move(what)); }

}  // namespace

bool may_read(const Grant& grant, std::string_view database) {
  return grant.admin || has(grant, database, &Permission::read);
}

Result<> authorize(const Grant& grant, const Need& need) {
  if (grant.admin) return {};
  switch (need.what) {
    case Need::What::kIdentity:
      return {};
    case Need::What::kRead:
      if (may_read(grant, need.database)) return {};
      return denied(fmt::format("the token may not read database '{}'", need.database));
    case Need::What::kWrite:
      if (has(grant, need.database, &Permission::write)) return {};
      return denied(fmt::format("the token may not write database '{}'", need.database));
    case Need::What::kAdmin:
      return denied("this needs an admin token");
  }
  return denied("this needs an admin token");
}

std::function<bool(std::string_view)> readable_by(const Caller& caller) {
  if (caller->admin) return nullptr;
  return [caller](std::string_view database) { return may_read(*caller, database); };
}

}  // namespace magnetite::access
