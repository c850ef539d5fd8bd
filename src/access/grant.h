// What a caller may do, what a call needs, and whether the one suffices for the other. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace magnetite::access {

inline constexpr std::string_view kEveryDatabase = "*";

// Neither implies the other.
struct Permission {
  std::string database;  // a name, or kEveryDatabase
  bool read = false;
  bool write = false;
  bool operator==(const Permission&) const = default;
};

// Default: nothing.
struct Grant {
  bool admin = false;  // everything
  std::vector<Permission> permissions;
  bool operator==(const Grant&) const = default;
};

// Who calls, once that is known. Never nullptr.
using Caller = std::shared_ptr<const Grant>;

struct Need {
  enum class What : uint8_t { kIdentity, kRead, kWrite, kAdmin };  // kIdentity: any valid token
  What what = What::kAdmin;
  std::string_view database = {};  // of kRead and kWrite

  static Need identity() { return {What::kIdentity}; }
  static Need read(std::string_view database) { return {What::kRead, database}; }
  static Need write(std::string_view database) { return {What::kWrite, database}; }
  static Need admin() { return {What::kAdmin}; }
};

Result<> authorize(const Grant& grant, const Need& need);  // kPermissionDenied says what is missing
bool may_read(const Grant& grant, std::string_view database);

// For those who ask about many databases, and know nothing of grants. Empty: all of them.
std::function<bool(std::string_view)> readable_by(const Caller& caller);

}  // namespace magnetite::access
