// Errors as values. No exception crosses a module.
#pragma once

#include <expected>
#include <utility>

#include "base/error.h"

namespace magnetite {

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error(code, std::move(message)));
}

}  // namespace magnetite

#define MAGNETITE_CONCAT_(a, b) a##b
#define MAGNETITE_CONCAT(a, b) MAGNETITE_CONCAT_(a, b)

// MAGNETITE_TRY(const Bytes bytes, store.get(path)): binds the value or returns the error.
#define MAGNETITE_TRY(lhs, expr) MAGNETITE_TRY_(MAGNETITE_CONCAT(magnetite_try_, __COUNTER__), lhs, expr)
#define MAGNETITE_TRY_(tmp, lhs, expr)              \
  auto tmp = (expr);                                \
  if (!tmp) [[unlikely]]                            \
    return std::unexpected(std::move(tmp).error()); \
  lhs = *std::move(tmp)

// MAGNETITE_RETURN_IF_ERROR(file.sync_data()): for Result<void>.
#define MAGNETITE_RETURN_IF_ERROR(expr)                                 \
  do {                                                                  \
    if (auto magnetite_result = (expr); !magnetite_result) [[unlikely]] \
      return std::unexpected(std::move(magnetite_result).error());      \
  } while (false)
