#include "query/sql/bridges/bridges.h"

#include <duckdb.hpp>
#include <duckdb/common/types/timestamp.hpp>
#include <duckdb/common/vector_operations/binary_executor.hpp>
#include <duckdb/common/vector_operations/ternary_executor.hpp>
#include <duckdb/common/vector_operations/unary_executor.hpp>
#include <duckdb/function/function_set.hpp>
#include <duckdb/function/scalar_function.hpp>
#include <duckdb/main/extension/extension_loader.hpp>
#include <duckdb/parser/parsed_data/create_scalar_function_info.hpp>
#include <duckdb/transaction/meta_transaction.hpp>

#include "query/sql/bridges/calendar.h"
#include "query/sql/bridges/time_casts.h"

namespace magnetite::query::sql {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::interval_t;
using duckdb::LogicalType;
using duckdb::ScalarFunction;
using duckdb::string_t;
using duckdb::timestamp_ns_t;
using duckdb::Vector;

timestamp_ns_t checked(std::optional<int64_t> nanos, const char* what) {
  if (!nanos)
    throw duckdb::OutOfRangeException(
        "%s: the result is before 1677-09-21T00:12:43.145224192Z or after 2262-04-11T23:47:16.854775807Z", what);
  return timestamp_ns_t(*nanos);
}

Interval interval_of(const interval_t& value) { return {value.months, value.days, value.micros}; }

timestamp_ns_t bucket_start(interval_t width, timestamp_ns_t time, int64_t origin) {
  if (!is_bucket_width(interval_of(width)))
    throw duckdb::InvalidInputException("the width of a bucket is positive, and of months or of days and time");
  return checked(time_bucket(interval_of(width), time.value, origin), "time bucket");
}

TimeUnit unit_of(string_t word) {
  const auto unit = parse_time_unit({word.GetData(), word.GetSize()});
  if (!unit) throw duckdb::InvalidInputException("date_trunc: unknown unit '%s'", word.GetString());
  return *unit;
}

// Length of a unit; 0: it varies.
uint64_t nanos_of(TimeUnit unit) {
  constexpr uint64_t kMinute = 60'000'000'000;
  switch (unit) {
    case TimeUnit::kMinute:
      return kMinute;
    case TimeUnit::kHour:
      return 60 * kMinute;
    case TimeUnit::kDay:
      return 24 * 60 * kMinute;
    case TimeUnit::kWeek:
      return 7 * 24 * 60 * kMinute;
    default:
      return 0;  // or too short for rows to share one
  }
}

void date_trunc(DataChunk& arguments, ExpressionState&, Vector& result) {
  const Vector& word = arguments.data[0];
  if (word.GetVectorType() != duckdb::VectorType::CONSTANT_VECTOR || duckdb::ConstantVector::IsNull(word)) {
    return duckdb::BinaryExecutor::Execute<string_t, timestamp_ns_t, timestamp_ns_t>(
        word, arguments.data[1], result, [](string_t each, timestamp_ns_t time) {
          return checked(truncate_time(unit_of(each), time.value), "date_trunc");
        });
  }
  // Rows that lie together mostly share a unit, so the last start answers most of them without a division.
  const TimeUnit unit = unit_of(*duckdb::ConstantVector::GetData<string_t>(word));
  timestamp_ns_t start(0);
  uint64_t length = 0;
  duckdb::UnaryExecutor::Execute<timestamp_ns_t, timestamp_ns_t>(arguments.data[1], result, [&](timestamp_ns_t time) {
    if (static_cast<uint64_t>(time.value) - static_cast<uint64_t>(start.value) < length) [[likely]]
      return start;
    start = checked(truncate_time(unit, time.value), "date_trunc");
    length = nanos_of(unit);
    return start;
  });
}

template <int64_t kOriginNanos>
void bucket(DataChunk& arguments, ExpressionState&, Vector& result) {
  duckdb::BinaryExecutor::Execute<interval_t, timestamp_ns_t, timestamp_ns_t>(
      arguments.data[0], arguments.data[1], result,
      [](interval_t width, timestamp_ns_t time) { return bucket_start(width, time, kOriginNanos); });
}

void bucket_from(DataChunk& arguments, ExpressionState&, Vector& result) {
  duckdb::TernaryExecutor::Execute<interval_t, timestamp_ns_t, timestamp_ns_t, timestamp_ns_t>(
      arguments.data[0], arguments.data[1], arguments.data[2], result,
      [](interval_t width, timestamp_ns_t time, timestamp_ns_t origin) {
        return bucket_start(width, time, origin.value);
      });
}

void add(DataChunk& arguments, ExpressionState&, Vector& result) {
  duckdb::BinaryExecutor::Execute<timestamp_ns_t, interval_t, timestamp_ns_t>(
      arguments.data[0], arguments.data[1], result, [](timestamp_ns_t time, interval_t interval) {
        return checked(add_interval(time.value, interval_of(interval)), "+");
      });
}

void add_reversed(DataChunk& arguments, ExpressionState&, Vector& result) {
  duckdb::BinaryExecutor::Execute<interval_t, timestamp_ns_t, timestamp_ns_t>(
      arguments.data[0], arguments.data[1], result, [](interval_t interval, timestamp_ns_t time) {
        return checked(add_interval(time.value, interval_of(interval)), "+");
      });
}

void subtract(DataChunk& arguments, ExpressionState&, Vector& result) {
  duckdb::BinaryExecutor::Execute<timestamp_ns_t, interval_t, timestamp_ns_t>(
      arguments.data[0], arguments.data[1], result, [](timestamp_ns_t time, interval_t interval) {
        return checked(subtract_interval(time.value, interval_of(interval)), "-");
      });
}

// RFC 3339 text, by the cast of time_casts.h.
void to_timestamp(DataChunk& arguments, ExpressionState& state, Vector& result) {
  duckdb::VectorOperations::Cast(state.GetContext(), arguments.data[0], result, arguments.size());
}

// The start of the statement, comparable with `time`.
void now(DataChunk& arguments, ExpressionState& state, Vector& result) {
  const auto started = duckdb::MetaTransaction::Get(state.GetContext()).GetCurrentTransactionStartTimestamp();
  constexpr int64_t kNanosPerMicro = 1'000;
  result.Reference(duckdb::Value::TIMESTAMPNS(timestamp_ns_t(started.value * kNanosPerMicro)),
                   duckdb::count_t(arguments.size()));
}

// Errors of these end a statement; unmarked, DuckDB takes them for a fault of its own and refuses all further work.
ScalarFunction fallible(ScalarFunction function) {
  function.SetFallible();
  return function;
}

}  // namespace

void register_bridges(duckdb::DatabaseInstance& database) {
  duckdb::ExtensionLoader loader(database, "magnetite");
  const auto ns = LogicalType::TIMESTAMP_NS;
  const auto interval = LogicalType::INTERVAL;
  constexpr int64_t kMonday2000 = 946'857'600'000'000'000;  // 2000-01-03: DuckDB's time_bucket counts from there
  for (const char* name : {"date_trunc", "datetrunc"})
    loader.AddFunctionOverload(fallible(ScalarFunction(name, {LogicalType::VARCHAR, ns}, ns, date_trunc)));
  loader.AddFunctionOverload(fallible(ScalarFunction("time_bucket", {interval, ns}, ns, bucket<kMonday2000>)));
  loader.AddFunctionOverload(fallible(ScalarFunction("time_bucket", {interval, ns, ns}, ns, bucket_from)));
  loader.AddFunctionOverload(fallible(ScalarFunction("+", {ns, interval}, ns, add)));
  loader.AddFunctionOverload(fallible(ScalarFunction("+", {interval, ns}, ns, add_reversed)));
  loader.AddFunctionOverload(fallible(ScalarFunction("-", {ns, interval}, ns, subtract)));
  loader.AddFunctionOverload(fallible(ScalarFunction("to_timestamp", {LogicalType::VARCHAR}, ns, to_timestamp)));
  for (const char* name : {"now", "get_current_timestamp", "transaction_timestamp"}) {
    ScalarFunction function(name, duckdb::vector<LogicalType>(), ns, now);
    function.SetStability(duckdb::FunctionStability::CONSISTENT_WITHIN_QUERY);
    duckdb::CreateScalarFunctionInfo info(function);
    info.on_conflict = duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;  // DuckDB's own has a zone and microseconds
    loader.RegisterFunction(std::move(info));
  }
  duckdb::ScalarFunctionSet date_bin("date_bin");
  date_bin.AddFunction(fallible(ScalarFunction({interval, ns}, ns, bucket<0>)));
  date_bin.AddFunction(fallible(ScalarFunction({interval, ns, ns}, ns, bucket_from)));
  loader.RegisterFunction(date_bin);
  register_time_casts(database);
}

}  // namespace magnetite::query::sql
