#include "query/sql/engine.h"

#include <arrow/c/bridge.h>
#include <arrow/compute/cast.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <sys/sysinfo.h>

#include <atomic>
#include <duckdb.hpp>
#include <duckdb/catalog/catalog_search_path.hpp>
#include <duckdb/common/arrow/arrow_converter.hpp>
#include <duckdb/common/arrow/arrow_format.hpp>
#include <duckdb/main/client_data.hpp>
#include <duckdb/main/query_parameters.hpp>
#include <duckdb/main/query_result_stream.hpp>
#include <thread>

#include "base/mutex.h"
#include "query/sql/bridges/bridges.h"
#include "query/sql/catalog.h"
#include "query/sql/guard.h"
#include "query/sql/read_ahead.h"
#include "query/sql/result_schema.h"
#include "query/sql/series_ends_rule.h"
#include "query/sql/watchdog.h"

namespace magnetite::query::sql {
namespace {

Error translate(const duckdb::ErrorData& error) {
  ErrorCode code = ErrorCode::kInternal;
  switch (error.Type()) {
    case duckdb::ExceptionType::PARSER:
    case duckdb::ExceptionType::SYNTAX:
    case duckdb::ExceptionType::BINDER:
    case duckdb::ExceptionType::CATALOG:
    case duckdb::ExceptionType::CONVERSION:
    case duckdb::ExceptionType::INVALID_INPUT:
    case duckdb::ExceptionType::INVALID_TYPE:
    case duckdb::ExceptionType::MISMATCH_TYPE:
    case duckdb::ExceptionType::OUT_OF_RANGE:
    case duckdb::ExceptionType::DIVIDE_BY_ZERO:
    case duckdb::ExceptionType::DECIMAL:
    case duckdb::ExceptionType::NOT_IMPLEMENTED:
    case duckdb::ExceptionType::PERMISSION:
    case duckdb::ExceptionType::PARAMETER_NOT_ALLOWED:
    case duckdb::ExceptionType::PARAMETER_NOT_RESOLVED:
    case duckdb::ExceptionType::EXPRESSION:
    case duckdb::ExceptionType::CONSTRAINT:
    case duckdb::ExceptionType::SETTINGS:
      code = ErrorCode::kInvalidInput;
      break;
    case duckdb::ExceptionType::OUT_OF_MEMORY:
      code = ErrorCode::kResourceExhausted;
      break;
    case duckdb::ExceptionType::INTERRUPT:
      code = ErrorCode::kCancelled;
      break;
    default:
      break;
  }
  std::string text = error.RawMessage();
  // Clients of InfluxDB look for this wording of a missing table.
  constexpr std::string_view kMissing = "Table with name ";
  if (text.starts_with(kMissing)) {
    const size_t end = text.find(" does not exist");
    if (end != std::string::npos)
      text = fmt::format("Table or CTE with name '{}' not found{}", text.substr(kMissing.size(), end - kMissing.size()),
                         text.substr(end + std::string_view(" does not exist").size()));
  }
  return Error(code, std::move(text));
}

// Runs what may throw; DuckDB's exceptions end here.
template <class Body>
auto guarded(const Body& body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::exception& exception) {
    return std::unexpected(translate(duckdb::ErrorData(exception)));
  }
}

duckdb::Value to_value(const ParameterValue& value) {
  return std::visit(
      [](const auto& held) -> duckdb::Value {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::monostate>)
          return duckdb::Value();
        else if constexpr (std::is_same_v<T, bool>)
          return duckdb::Value::BOOLEAN(held);
        else if constexpr (std::is_same_v<T, int64_t>)
          return duckdb::Value::BIGINT(held);
        else if constexpr (std::is_same_v<T, uint64_t>)
          return duckdb::Value::UBIGINT(held);
        else if constexpr (std::is_same_v<T, double>)
          return duckdb::Value::DOUBLE(held);
        else
          return duckdb::Value(held);
      },
      value);
}

uint64_t machine_memory_bytes() {
  struct sysinfo info{};
  return ::sysinfo(&info) == 0 ? static_cast<uint64_t>(info.totalram) * info.mem_unit : uint64_t{4} << 30;
}

constexpr size_t kBatchRows = 64 * 1024;

class EngineImpl;

// A connection on loan; goes back to the engine when the statement ended.
class Stream final : public ResultStream {
 public:
  Stream(EngineImpl& engine, std::unique_ptr<duckdb::Connection> connection, Watchdog& watchdog)
      : engine_(engine), connection_(std::move(connection)), watchdog_(watchdog) {}

  void set_cancellation(std::shared_ptr<Cancellation> cancellation) {
    cancellation_ = std::move(cancellation);
    if (cancellation_ != nullptr) cancellation_->set_interrupt([this] { connection_->Interrupt(); });
  }
  ~Stream() override;

  // `opened` consumes the handle.
  Result<> begin(duckdb::unique_ptr<duckdb::QueryResult> result, uint64_t watch, ResultSchemaHints hints) {
    watch_ = watch;
    watching_ = true;
    return guarded([&]() -> Result<> {
      if (result->HasError()) return std::unexpected(finish_error(result->GetErrorObject()));
      stream_ = std::make_unique<duckdb::QueryResultStream<duckdb::ArrowFormat>>(std::move(result));
      // A statement that fails while it starts fails here, before anything was answered.
      MAGNETITE_TRY(first_, fetch());
      ArrowSchema schema{};
      duckdb::ClientProperties properties = stream_->GetClientProperties();
      duckdb::vector<std::string> names;
      for (const auto& name : stream_->GetNames()) names.push_back(name.GetIdentifierName());
      duckdb::ArrowConverter::ToArrowSchema(&schema, stream_->GetTypes(), names, properties);
      auto imported = arrow::ImportSchema(&schema);
      if (!imported.ok()) return fail(ErrorCode::kInternal, imported.status().ToString());
      raw_schema_ = *imported;
      schema_ = result_schema(*raw_schema_, hints);
      return {};
    });
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  Result<std::shared_ptr<arrow::RecordBatch>> next() override {
    return guarded([&]() -> Result<std::shared_ptr<arrow::RecordBatch>> {
      while (true) {
        duckdb::unique_ptr<duckdb::ArrowArrayWrapper> array;
        if (first_) {
          array = std::move(first_);
        } else {
          MAGNETITE_TRY(array, fetch());
        }
        if (array == nullptr) return std::shared_ptr<arrow::RecordBatch>();
        auto imported = arrow::ImportRecordBatch(&array->arrow_array, raw_schema_);
        if (!imported.ok()) return fail(ErrorCode::kInternal, imported.status().ToString());
        if ((*imported)->num_rows() == 0) continue;
        return to_result_schema(**imported, schema_);
      }
    });
  }

  void cancel() override { connection_->Interrupt(); }
  duckdb::Connection& connection() { return *connection_; }

 private:
  Result<duckdb::unique_ptr<duckdb::ArrowArrayWrapper>> fetch() {
    if (ended_) return nullptr;
    auto array = stream_->Fetch();
    if (stream_->HasError()) return std::unexpected(finish_error(stream_->GetErrorObject()));
    ended_ = array == nullptr;
    return array;
  }

  Error finish_error(const duckdb::ErrorData& data) {
    ended_ = true;
    Error error = translate(data);
    const bool expired = watching_ && watchdog_.release(watch_);
    watching_ = false;
    if (error.code() == ErrorCode::kCancelled && expired)
      return Error(ErrorCode::kDeadlineExceeded, "the statement ran longer than allowed (--query-timeout)");
    if (error.code() == ErrorCode::kCancelled) return Error(ErrorCode::kCancelled, "the statement was cancelled");
    return error;
  }

  EngineImpl& engine_;
  std::unique_ptr<duckdb::Connection> connection_;
  Watchdog& watchdog_;
  std::shared_ptr<Cancellation> cancellation_;
  uint64_t watch_ = 0;
  bool watching_ = false;
  bool ended_ = false;
  std::unique_ptr<duckdb::QueryResultStream<duckdb::ArrowFormat>> stream_;
  duckdb::unique_ptr<duckdb::ArrowArrayWrapper> first_;
  std::shared_ptr<arrow::Schema> raw_schema_;
  std::shared_ptr<arrow::Schema> schema_;
};

class EngineImpl final : public Engine {
 public:
  EngineImpl(Executor& executor, const DatabaseSource& databases, EngineOptions options)
      : executor_(executor), databases_(databases), options_(std::move(options)), watchdog_(executor) {}

  Result<> open() {
    return guarded([&]() -> Result<> {
      duckdb::DBConfig config;
      const size_t threads =
          options_.threads != 0 ? options_.threads : std::max(1u, std::thread::hardware_concurrency());
      const size_t memory = options_.memory_bytes_max != 0 ? options_.memory_bytes_max : machine_memory_bytes() / 5 * 2;
      config.SetOptionByName("threads", duckdb::Value::BIGINT(static_cast<int64_t>(threads)));
      config.SetOptionByName("memory_limit", duckdb::Value(fmt::format("{}B", memory)));
      config.SetOptionByName("temp_directory", duckdb::Value(options_.spill_folder));
      config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
      config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
      register_catalog(config, databases_);
      register_series_ends_rule(config);
      database_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
      register_bridges(*database_->instance);
      duckdb::Connection setup(*database_);
      for (const std::string& statement :
           {fmt::format("ATTACH '' AS \"{}\" (TYPE {})", kCatalogName, kExtensionName),
            std::string("SET GLOBAL TimeZone = 'UTC'"), std::string("SET GLOBAL enable_external_access = false"),
            std::string("SET GLOBAL lock_configuration = true")}) {
        auto result = setup.Query(statement);
        result->Complete();
        if (result->HasError()) return std::unexpected(translate(result->GetErrorObject()).with_context(statement));
      }
      return {};
    });
  }

  Result<std::unique_ptr<ResultStream>> execute(const Statement& statement) override {
    if (statement.sql.size() > options_.statement_bytes_max)
      return fail(ErrorCode::kTooLarge, fmt::format("a statement may have {} bytes, this one has {}",
                                                    options_.statement_bytes_max, statement.sql.size()));
    MAGNETITE_RETURN_IF_ERROR(check_nesting(statement.sql));
    MAGNETITE_TRY(const std::shared_ptr<const TableSource> source, databases_.database(statement.database));
    MAGNETITE_TRY(std::unique_ptr<duckdb::Connection> connection, borrow());
    auto stream = std::make_unique<Stream>(*this, std::move(connection), watchdog_);
    duckdb::Connection& lent = stream->connection();
    return guarded([&]() -> Result<std::unique_ptr<ResultStream>> {
      auto statements = lent.ExtractStatements(translate_show(statement.sql));
      if (statements.size() != 1)
        return fail(ErrorCode::kInvalidInput,
                    fmt::format("exactly one statement is expected, this text has {}", statements.size()));
      MAGNETITE_RETURN_IF_ERROR(check_reads_only(*statements[0]));
      ResultSchemaHints hints{source.get(), statement.sql};
      use(lent, source->database_name());
      duckdb::identifier_map_t<duckdb::BoundParameterData> parameters;
      for (const auto& [name, value] : statement.parameters)
        parameters.emplace(duckdb::Identifier(name), duckdb::BoundParameterData(to_value(value)));
      const uint64_t watch =
          watchdog_.watch(executor_.clock().mono_now() + options_.timeout, [&lent] { lent.Interrupt(); });
      duckdb::QueryParameters how(duckdb::make_shared_ptr<duckdb::ArrowFormat>(kBatchRows));
      auto result = parameters.empty() ? lent.Submit(std::move(statements[0]), how)
                                       : lent.Submit(std::move(statements[0]), parameters, how);
      stream->set_cancellation(statement.cancellation);  // only now: submitting clears an earlier interrupt
      MAGNETITE_RETURN_IF_ERROR(stream->begin(std::move(result), watch, hints));
      return read_ahead(executor_, std::move(stream));
    });
  }

  void give_back(std::unique_ptr<duckdb::Connection> connection) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    --running_;
    constexpr size_t kIdleMax = 16;
    if (idle_.size() < kIdleMax) idle_.push_back(std::move(connection));
  }

 private:
  Result<std::unique_ptr<duckdb::Connection>> borrow() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (running_ >= options_.statements_max)
      return fail(ErrorCode::kResourceExhausted, fmt::format("{} statements are running already", running_));
    ++running_;
    if (idle_.empty()) return std::make_unique<duckdb::Connection>(*database_);
    std::unique_ptr<duckdb::Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }

  static void use(duckdb::Connection& connection, const std::string& database) {
    auto& path = *duckdb::ClientData::Get(*connection.context).catalog_search_path;
    path.Set(duckdb::CatalogSearchEntry(duckdb::Identifier(kCatalogName), duckdb::Identifier(database)),
             duckdb::CatalogSetPathType::SET_DIRECTLY);
  }

  Executor& executor_;
  const DatabaseSource& databases_;
  const EngineOptions options_;
  std::unique_ptr<duckdb::DuckDB> database_;
  Watchdog watchdog_;
  Mutex mutex_;
  std::vector<std::unique_ptr<duckdb::Connection>> idle_ GUARDED_BY(mutex_);
  size_t running_ GUARDED_BY(mutex_) = 0;
};

Stream::~Stream() {
  if (cancellation_ != nullptr) cancellation_->set_interrupt(nullptr);
  if (watching_) watchdog_.release(watch_);
  stream_.reset();  // ends the query, cancelling it where it still runs
  engine_.give_back(std::move(connection_));
}

}  // namespace

void Cancellation::cancel() {
  const MutexLock lock(mutex_);
  cancelled_ = true;
  if (interrupt_) interrupt_();
}

void Cancellation::set_interrupt(std::function<void()> interrupt) {
  const MutexLock lock(mutex_);
  interrupt_ = std::move(interrupt);
  if (cancelled_ && interrupt_) interrupt_();
}

Result<std::unique_ptr<Engine>> Engine::make(Executor& executor, const DatabaseSource& databases,
                                             EngineOptions options) {
  auto engine = std::make_unique<EngineImpl>(executor, databases, std::move(options));
  MAGNETITE_RETURN_IF_ERROR(engine->open());
  return engine;
}

}  // namespace magnetite::query::sql
