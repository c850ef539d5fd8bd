#include "query/sql/bridges/time_casts.h"

#include <fmt/format.h>

#include <duckdb.hpp>
#include <duckdb/common/exception/conversion_exception.hpp>
#include <duckdb/common/types/timestamp.hpp>
#include <duckdb/common/vector_operations/unary_executor.hpp>
#include <duckdb/function/cast/default_casts.hpp>
#include <duckdb/main/extension/extension_loader.hpp>

#include "query/sql/bridges/time_text.h"

namespace magnetite::query::sql {
namespace {

struct Casting {
  duckdb::CastParameters& parameters;
  bool all_converted = true;
};

// Where the cast may fail (TRY_CAST), the text becomes NULL; else the statement ends.
void refuse(std::string_view text, std::string_view why, Casting& casting) {
  constexpr size_t kShownMax = 60;
  std::string message = fmt::format("'{}' {}", text.substr(0, kShownMax), why);
  if (casting.parameters.error_message == nullptr) throw duckdb::ConversionException("%s", message);
  if (casting.parameters.error_message->empty()) *casting.parameters.error_message = std::move(message);
  casting.all_converted = false;
}

template <int64_t kUnitsPerSecond>
struct ParseTime {
  template <class Text, class Time>
  static Time Operation(Text text, duckdb::ValidityMask& mask, duckdb::idx_t row, Casting& casting) {
    const std::string_view given(text.GetData(), text.GetSize());
    const auto instant = parse_instant(given);
    const auto units = instant ? to_units(*instant, kUnitsPerSecond) : std::nullopt;
    if (units) return Time(*units);
    refuse(given,
           instant ? "is outside of the times that can be stored: 1677-09-21T00:12:43.145224192Z to "
                     "2262-04-11T23:47:16.854775807Z"
                   : "is not a time: expected RFC 3339, such as 2024-01-31T23:59:59.123456789Z or "
                     "2024-01-31 23:59+02:00",
           casting);
    mask.SetInvalid(row);
    return Time();
  }
};

template <class Time, int64_t kUnitsPerSecond>
bool cast(duckdb::Vector& source, duckdb::Vector& result, duckdb::idx_t count, duckdb::CastParameters& parameters) {
  Casting casting{parameters};
  duckdb::UnaryExecutor::GenericExecute<duckdb::string_t, Time, ParseTime<kUnitsPerSecond>>(source, result, count,
                                                                                            casting, true);
  return casting.all_converted;
}

template <class Time, int64_t kUnitsPerSecond>
void add_cast(duckdb::ExtensionLoader& loader, const duckdb::LogicalType& type) {
  loader.RegisterCastFunction(duckdb::LogicalType::VARCHAR, type, duckdb::BoundCastInfo(&cast<Time, kUnitsPerSecond>));
}

}  // namespace

void register_time_casts(duckdb::DatabaseInstance& database) {
  duckdb::ExtensionLoader loader(database, "magnetite");
  add_cast<duckdb::timestamp_ns_t, 1'000'000'000>(loader, duckdb::LogicalType::TIMESTAMP_NS);
  add_cast<duckdb::timestamp_t, 1'000'000>(loader, duckdb::LogicalType::TIMESTAMP);
  add_cast<duckdb::timestamp_ms_t, 1'000>(loader, duckdb::LogicalType::TIMESTAMP_MS);
  add_cast<duckdb::timestamp_sec_t, 1>(loader, duckdb::LogicalType::TIMESTAMP_S);
}

}  // namespace magnetite::query::sql
