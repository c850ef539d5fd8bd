// An engine in front of another one that logs the statements which took long.
#pragma once

#include "base/clock.h"
#include "query/sql/engine.h"

namespace magnetite::query::sql {

inline constexpr size_t kLoggedStatementBytesMax = 2 * 1024;

// Thread-safe. A statement's time runs from its beginning to its last row, error or end by whoever asked; a client that
// takes rows slowly counts. One line each, as warning, with the request it was part of.
class StatementLog final : public Engine {
 public:
  // `engine` and `clock` outlive it and its streams. `slow` 0: nothing is logged.
  StatementLog(Engine& engine, Clock& clock, Duration slow) : engine_(engine), clock_(clock), slow_(slow) {}

  Result<std::unique_ptr<ResultStream>> execute(const Statement& statement) override;
  EngineMemory memory() const override { return engine_.memory(); }

 private:
  Engine& engine_;
  Clock& clock_;
  const Duration slow_;
};

}  // namespace magnetite::query::sql
