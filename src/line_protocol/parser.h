// Bytes of line protocol -> Batch. Pure; validates everything a line says about fields and time, UTF-8 included. Tags
// are not looked at: split_series() does that where a series is first seen, and its errors are the caller's to report.
// Grammar and every deviation from InfluxDB's parsers: docs/formats/line_protocol.md.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "line_protocol/parsed.h"

namespace magnetite::line_protocol {

enum class Precision : uint8_t { kAuto, kNanoseconds, kMicroseconds, kMilliseconds, kSeconds, kMinutes, kHours };

// auto second s millisecond ms microsecond us u µ nanosecond ns n m h; kInvalidInput names the accepted words.
Result<Precision> parse_precision(std::string_view word);

struct ParseOptions {
  Precision precision = Precision::kNanoseconds;
  int64_t default_time_nanos = 0;    // of the request; truncated to the precision where a line has no timestamp
  size_t key_bytes_max = 64 * 1024;  // measurement, keys, tag values
  size_t line_bytes_max = 4 * 1024 * 1024;
  size_t errors_max = 1'000;  // kept; all are counted
};

// Parses the whole text into `batch` (cleared first). A bad line becomes an error and parsing resumes at the next
// newline outside a well-formed string. Picks the widest vector unit of this processor.
void parse(std::string_view text, const ParseOptions& options, Batch& batch);

// The same, byte by byte: the reference the vectorised one is tested against.
void parse_scalar(std::string_view text, const ParseOptions& options, Batch& batch);

// Appends the text with escapes removed. Keys, measurements and tag values: `\,` `\=` `\ ` `\\`; strings: `\"` `\\`.
enum class Escapes : uint8_t { kMeasurement, kKey, kString };
void append_unescaped(std::string_view raw, Escapes escapes, std::string& out);

}  // namespace magnetite::line_protocol
