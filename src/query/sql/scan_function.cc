#include "query/sql/scan_function.h"

#include <atomic>
#include <duckdb/catalog/catalog_search_path.hpp>
#include <duckdb/main/client_data.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>

#include "query/sql/catalog.h"
#include "query/sql/filters.h"
#include "query/sql/scan_bind.h"
#include "query/sql/types.h"

namespace magnetite::query::sql {
namespace {

struct ScanGlobalState final : public duckdb::GlobalTableFunctionState {
  std::shared_ptr<ScanControl> control = std::make_shared<ScanControl>();
  std::shared_ptr<const ScanPlan> plan;
  std::vector<std::optional<size_t>> output;  // by output column: position in the plan's batch; nullopt = a row id
  SharedDictionaries dictionaries;
  std::atomic<size_t> next_morsel = 0;
  std::atomic<size_t> morsels_done = 0;

  duckdb::idx_t MaxThreads() const override { return std::max<size_t>(1, plan->morsel_count()); }
};

struct ScanLocalState final : public duckdb::LocalTableFunctionState {
  std::unique_ptr<MorselReader> reader;
  std::optional<chunk::RowBatch> batch;  // keeps what the output refers to
};

[[noreturn]] void throw_error(const Error& error) {
  if (error.code() == ErrorCode::kCancelled) throw duckdb::InterruptException();
  if (error.code() == ErrorCode::kResourceExhausted) throw duckdb::OutOfMemoryException("%s", error.message());
  throw duckdb::IOException("%s", error.message());
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> init_global(duckdb::ClientContext&,
                                                                 duckdb::TableFunctionInitInput& input) {
  const auto& bound = input.bind_data->Cast<ScanBindData>();
  auto state = duckdb::make_uniq<ScanGlobalState>();
  ScanRequest request;
  request.table = *bound.snapshot;
  request.predicate = bound.predicate;
  request.ends = bound.ends;
  for (const duckdb::column_t column : input.column_ids) {
    if (column >= bound.column_ids.size()) {
      state->output.emplace_back();
    } else {
      state->output.emplace_back(request.columns.size());
      request.columns.push_back(bound.column_ids[column]);
    }
  }
  if (auto opened = open_stored(request.table, request.predicate.time); !opened) throw_error(opened.error());
  state->plan = plan_scan(std::move(request), state->control);
  if (PruneCounters* pruned = bound.snapshot->pruned.get()) {
    pruned->chunks += state->plan->counters().chunks_pruned;
    pruned->rows += state->plan->counters().rows_pruned;
  }
  return state;
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> init_local(duckdb::ExecutionContext&,
                                                               duckdb::TableFunctionInitInput&,
                                                               duckdb::GlobalTableFunctionState*) {
  return duckdb::make_uniq<ScanLocalState>();
}

void scan(duckdb::ClientContext& context, duckdb::TableFunctionInput& input, duckdb::DataChunk& out) {
  auto& global = input.global_state->Cast<ScanGlobalState>();
  auto& local = input.local_state->Cast<ScanLocalState>();
  if (context.IsInterrupted()) global.control->cancelled = true;
  while (true) {
    if (local.reader == nullptr) {
      const size_t morsel = global.next_morsel.fetch_add(1);
      if (morsel >= global.plan->morsel_count()) return out.SetChildCardinality(0);
      auto opened = global.plan->open(morsel);
      if (!opened) throw_error(opened.error());
      local.reader = *std::move(opened);
    }
    auto next = local.reader->next();
    if (!next) throw_error(next.error());
    local.batch = *std::move(next);
    if (local.batch) break;
    local.reader.reset();
    global.morsels_done.fetch_add(1);
  }
  for (size_t i = 0; i < global.output.size(); ++i) {
    if (global.output[i])
      fill_vector(local.batch->columns[*global.output[i]], local.batch->rows, global.dictionaries, out.data[i]);
    else
      out.data[i].Reference(duckdb::Value::BIGINT(0), duckdb::count_t(local.batch->rows));
  }
  out.SetChildCardinality(local.batch->rows);
}

void pushdown(duckdb::ClientContext&, duckdb::LogicalGet& get, duckdb::FunctionData* data,
              duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) {
  auto& bound = data->Cast<ScanBindData>();
  const ColumnOf column_of = [&](const duckdb::Expression& expression) -> const schema::Column* {
    if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) return nullptr;
    const auto& reference = expression.Cast<duckdb::BoundColumnRefExpression>();
    if (reference.Binding().table_index != get.table_index) return nullptr;
    return column_at(get, bound, reference.Binding().column_index);
  };
  for (const auto& filter : filters) add_condition(*filter, column_of, bound.predicate);
}

duckdb::unique_ptr<duckdb::NodeStatistics> cardinality(duckdb::ClientContext&, const duckdb::FunctionData* data) {
  uint64_t rows = 0;
  const auto& bound = data->Cast<ScanBindData>();
  for (const ChunkSnapshot& chunk : bound.snapshot->chunks)
    if (chunk.times.overlaps(bound.predicate.time)) rows += chunk.rows;
  return duckdb::make_uniq<duckdb::NodeStatistics>(rows, rows);
}

double progress(duckdb::ClientContext&, const duckdb::FunctionData*, const duckdb::GlobalTableFunctionState* state) {
  const auto& global = state->Cast<ScanGlobalState>();
  const size_t total = global.plan->morsel_count();
  return total == 0 ? 100.0 : 100.0 * static_cast<double>(global.morsels_done) / static_cast<double>(total);
}

// What EXPLAIN shows beside the name.
duckdb::InsertionOrderPreservingMap<std::string> to_string(duckdb::TableFunctionToStringInput& input) {
  const auto& bound = input.bind_data->Cast<ScanBindData>();
  duckdb::InsertionOrderPreservingMap<std::string> shown;
  shown["Table"] = bound.columns->table();
  if (bound.ends) shown["Rows"] = "the ends of each series";
  return shown;
}

duckdb::optional_ptr<duckdb::TableCatalogEntry> table_entry(duckdb::optional_ptr<const duckdb::FunctionData> data) {
  return data->Cast<ScanBindData>().entry;
}

}  // namespace

const schema::Column* column_at(const duckdb::LogicalGet& get, const ScanBindData& bound, size_t position) {
  const auto& ids = get.GetColumnIds();
  if (position >= ids.size() || ids[position].GetPrimaryIndex() >= bound.column_ids.size()) return nullptr;
  return &bound.columns->column(bound.column_ids[ids[position].GetPrimaryIndex()]);
}

duckdb::unique_ptr<duckdb::FunctionData> bind_scan(TableSnapshot snapshot,
                                                   std::shared_ptr<const schema::TableSchema> columns,
                                                   std::vector<model::ColumnId> column_ids,
                                                   duckdb::TableCatalogEntry& entry) {
  auto data = duckdb::make_uniq<ScanBindData>();
  data->snapshot = std::make_shared<const TableSnapshot>(std::move(snapshot));
  data->columns = std::move(columns);
  data->column_ids = std::move(column_ids);
  data->entry = &entry;
  return data;
}

duckdb::TableFunction scan_function() {
  duckdb::TableFunction function("magnetite_scan", {}, scan, nullptr, init_global, init_local);
  function.projection_pushdown = true;
  function.pushdown_complex_filter = pushdown;  // reads the filters and leaves them in place
  function.cardinality = cardinality;
  function.table_scan_progress = progress;
  function.to_string = to_string;
  function.get_table_entry = table_entry;
  return function;
}

std::string current_database(duckdb::ClientContext& context) {
  const auto& entry = duckdb::ClientData::Get(context).catalog_search_path->GetDefault();
  return entry.GetCatalog() == kCatalogName ? entry.GetSchema().GetIdentifierName() : std::string();
}

}  // namespace magnetite::query::sql
