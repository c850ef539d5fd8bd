// Arrow Flight: DoGet with a JSON ticket {"database": ..., "sql_query": ...}. Heavy header: for .cc files of this
// folder.
#pragma once

#include <arrow/flight/server.h>

#include "query/sql/engine.h"
#include "rpc/call_watch.h"
#include "server/server.h"

namespace magnetite::rpc {

class FlightService final : public arrow::flight::FlightServerBase {
 public:
  FlightService(Executor& executor, server::Server& server, query::sql::Engine& engine)
      : server_(server), engine_(engine), watch_(executor) {}
  arrow::Status DoGet(const arrow::flight::ServerCallContext& context, const arrow::flight::Ticket& ticket,
                      std::unique_ptr<arrow::flight::FlightDataStream>* stream) override;

 private:
  server::Server& server_;
  query::sql::Engine& engine_;
  CallWatch watch_;
};

// Parses the ticket; kInvalidInput says what is wrong.
Result<query::sql::Statement> parse_ticket(const std::string& ticket);

}  // namespace magnetite::rpc
