#include "query/sql/engine.h"

#include <arrow/c/bridge.h>
#include <arrow/compute/cast.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <duckdb.hpp>
#include <duckdb/catalog/catalog_search_path.hpp>
#include <duckdb/common/arrow/arrow_converter.hpp>
#include <duckdb/common/arrow/arrow_format.hpp>
#include <duckdb/main/client_data.hpp>
#include <duckdb/main/query_parameters.hpp>
#include <duckdb/main/query_result_stream.hpp>

#include "base/logging.h"
#include "base/mutex.h"
#include "query/sql/catalog.h"
#include "query/sql/errors.h"
#include "query/sql/guard.h"
#include "query/sql/instance.h"
#include "query/sql/read_ahead.h"
#include "query/sql/result_schema.h"
#include "query/sql/show.h"
#include "query/sql/visible_databases.h"
#include "query/sql/watchdog.h"

namespace magnetite::query::sql {
namespace {

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

constexpr size_t kBatchRows = 64 * 1024;

// How many statements run; shared with them, as a stream may be the last to go.
class Places {
 public:
  explicit Places(size_t places_max) : places_max_(places_max) {}
  Result<> take() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (taken_ >= places_max_)
      return fail(ErrorCode::kResourceExhausted, fmt::format("{} statements are running already", taken_));
    ++taken_;
    return {};
  }
  void give_back() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    --taken_;
  }

 private:
  const size_t places_max_;
  Mutex mutex_;
  size_t taken_ GUARDED_BY(mutex_) = 0;
};

// A statement's place and connection; both go back when it is gone.
class Loan {
 public:
  // Throws DuckDB's exceptions.
  static Result<Loan> make(std::shared_ptr<Instance> instance, std::shared_ptr<Places> places) {
    auto connection = instance->borrow();  // first: it may throw, and a place that is taken must come back
    MAGNETITE_RETURN_IF_ERROR(places->take());
    return Loan(std::move(instance), std::move(places), std::move(connection));
  }
  Loan(Loan&&) = default;
  Loan& operator=(Loan&&) = delete;
  ~Loan() {
    if (connection_ == nullptr) return;
    instance_->give_back(std::move(connection_));
    places_->give_back();
  }
  duckdb::Connection& connection() const { return *connection_; }

 private:
  Loan(std::shared_ptr<Instance> instance, std::shared_ptr<Places> places,
       std::unique_ptr<duckdb::Connection> connection)
      : instance_(std::move(instance)), places_(std::move(places)), connection_(std::move(connection)) {}
  std::shared_ptr<Instance> instance_;
  std::shared_ptr<Places> places_;
  std::unique_ptr<duckdb::Connection> connection_;
};

class Stream final : public ResultStream {
 public:
  Stream(Loan loan, Watchdog::Watch watch) : loan_(std::move(loan)), watch_(std::move(watch)) {}
  ~Stream() override {
    if (cancellation_ != nullptr) cancellation_->set_interrupt(nullptr);
    stream_.reset();  // ends the query, cancelling it where it still runs
  }

  void set_cancellation(std::shared_ptr<Cancellation> cancellation) {
    cancellation_ = std::move(cancellation);
    if (cancellation_ != nullptr) cancellation_->set_interrupt([this] { connection().Interrupt(); });
  }

  void heed_deadline() {
    if (watch_.expired()) connection().Interrupt();
  }

  Result<> begin(duckdb::unique_ptr<duckdb::QueryResult> result, const ResultSchemaHints& hints) {
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
    if (!imported.ok())  // Arrow takes 64 levels of lists and structs
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("the result's types cannot be sent: {}", imported.status().message()));
    raw_schema_ = *imported;
    schema_ = result_schema(*raw_schema_, hints);
    return {};
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

  void cancel() override { connection().Interrupt(); }
  duckdb::Connection& connection() const { return loan_.connection(); }

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
    if (error.code() == ErrorCode::kCancelled && watch_.expired())
      return Error(ErrorCode::kDeadlineExceeded, "the statement ran longer than allowed (--query-timeout)");
    if (error.code() == ErrorCode::kCancelled) return Error(ErrorCode::kCancelled, "the statement was cancelled");
    return error;
  }

  const Loan loan_;
  const Watchdog::Watch watch_;  // goes before the connection does: no interrupt reaches the next statement
  std::shared_ptr<Cancellation> cancellation_;
  bool ended_ = false;
  std::unique_ptr<duckdb::QueryResultStream<duckdb::ArrowFormat>> stream_;
  duckdb::unique_ptr<duckdb::ArrowArrayWrapper> first_;
  std::shared_ptr<arrow::Schema> raw_schema_;
  std::shared_ptr<arrow::Schema> schema_;
};

void use(duckdb::Connection& connection, const std::string& database) {
  auto& path = *duckdb::ClientData::Get(*connection.context).catalog_search_path;
  path.Set(duckdb::CatalogSearchEntry(duckdb::Identifier(kCatalogName), duckdb::Identifier(database)),
           duckdb::CatalogSetPathType::SET_DIRECTLY);
}

class EngineImpl final : public Engine {
 public:
  EngineImpl(Executor& executor, const DatabaseSource& databases, EngineOptions options)
      : executor_(executor),
        databases_(databases),
        options_(std::move(options)),
        watchdog_(executor),
        places_(std::make_shared<Places>(options_.statements_max)) {}

  Result<> open() {
    MAGNETITE_RETURN_IF_ERROR(instance());
    return {};
  }

  Result<std::unique_ptr<ResultStream>> execute(const Statement& statement) override {
    MAGNETITE_RETURN_IF_ERROR(check_shape(statement.sql, options_.shape));
    const VisibleDatabases visible(databases_, statement.may_read);
    MAGNETITE_TRY(const std::shared_ptr<const TableSource> source, visible.database(statement.database));
    MAGNETITE_TRY(std::shared_ptr<Instance> instance, this->instance());
    const std::string sql = translate_show(statement.sql, visible, *source);
    auto rows = guarded([&]() -> Result<std::unique_ptr<ResultStream>> {
      MAGNETITE_TRY(Loan loan, Loan::make(std::move(instance), places_));
      duckdb::Connection& lent = loan.connection();
      auto statements = lent.ExtractStatements(sql);
      if (statements.size() != 1)
        return fail(ErrorCode::kInvalidInput,
                    fmt::format("exactly one statement is expected, this text has {}", statements.size()));
      MAGNETITE_RETURN_IF_ERROR(admit(*statements[0]));
      const ResultSchemaHints hints{source.get(), statement.sql};
      use(lent, source->database_name());
      set_visible(*lent.context, statement.may_read);
      duckdb::identifier_map_t<duckdb::BoundParameterData> parameters;
      for (const auto& [name, value] : statement.parameters)
        parameters.emplace(duckdb::Identifier(name), duckdb::BoundParameterData(to_value(value)));
      auto stream = std::make_unique<Stream>(
          std::move(loan),
          watchdog_.watch(executor_.clock().mono_now() + options_.timeout, [&lent] { lent.Interrupt(); }));
      duckdb::QueryParameters how(duckdb::make_shared_ptr<duckdb::ArrowFormat>(kBatchRows));
      auto result = parameters.empty() ? lent.Submit(std::move(statements[0]), how)
                                       : lent.Submit(std::move(statements[0]), parameters, how);
      // Submitting clears an earlier interrupt: who came before is heard now.
      stream->set_cancellation(statement.cancellation);
      stream->heed_deadline();
      MAGNETITE_RETURN_IF_ERROR(stream->begin(std::move(result), hints));
      return read_ahead(executor_, std::move(stream));
    });
    if (!rows && sql != statement.sql) return std::unexpected(without_excerpt(std::move(rows).error()));
    return rows;
  }

  EngineMemory memory() const override {
    std::shared_ptr<Instance> instance;
    {
      const MutexLock lock(mutex_);
      instance = instance_;
    }
    return instance->memory();
  }

 private:
  // One that works: after a fault of DuckDB's own, statements begin in a new one, and the old one goes with its last.
  Result<std::shared_ptr<Instance>> instance() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (instance_ != nullptr && !instance_->is_broken()) return instance_;
    if (instance_ != nullptr)
      log::error("the SQL engine is opened anew",
                 {{"because", "DuckDB met a fault of its own and refuses further work"}});
    MAGNETITE_TRY(instance_, Instance::open(options_, databases_));
    return instance_;
  }

  Executor& executor_;
  const DatabaseSource& databases_;
  const EngineOptions options_;
  Watchdog watchdog_;
  const std::shared_ptr<Places> places_;
  mutable Mutex mutex_;
  std::shared_ptr<Instance> instance_ GUARDED_BY(mutex_);
};

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
