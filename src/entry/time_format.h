// strftime in UTC, the same on every host: no locale, no time zone, all of int64 nanoseconds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace magnetite::entry {

// A compiled format. Beside strftime's specifiers it knows fractions of a second: %f and %N (nine digits), %3f %6f %9f,
// %.3f %.6f %.9f (with the point).
class TimeFormat {
 public:
  // kInvalidInput names the specifier it does not know.
  static Result<TimeFormat> parse(std::string_view format);

  void append(int64_t time_nanos, std::string& out) const;

  // Times with the same floor(time / unit_nanos()) give the same text.
  int64_t unit_nanos() const { return unit_nanos_; }

 private:
  enum class Kind : uint8_t { kText, kStrftime, kUnixSeconds, kFraction };
  struct Piece {
    Kind kind;
    std::string text;  // kText: itself; kStrftime: one specifier
    int digits = 0;    // kFraction
  };
  std::vector<Piece> pieces_;
  int64_t unit_nanos_ = INT64_MAX;
};

}  // namespace magnetite::entry
