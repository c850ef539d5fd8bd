// Field values and timestamps: exact, or an error that says why.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "line_protocol/parser.h"

namespace magnetite::line_protocol {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

// `-?digits`; kInvalidInput when it is something else or does not fit, `what` names it then ("integer value").
Result<int64_t> parse_int64(std::string_view text, std::string_view what);
// `digits`.
Result<uint64_t> parse_uint64(std::string_view text, std::string_view what);
// `-?d+(.d+)?([eE][+-]?d+)?`, finite.
Result<double> parse_double(std::string_view text);

// Nanoseconds; nothing when they do not fit into int64.
std::optional<int64_t> to_nanos(int64_t timestamp, Precision precision);
// The request's default time, cut to the precision of its client.
int64_t truncate(int64_t nanos, Precision precision);

}  // namespace magnetite::line_protocol
