// What the shell does with one statement after the other. Prints; knows nothing of terminals.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/query_stream.h"
#include "cli/shell/candidates.h"
#include "cli/shell/commands.h"

namespace magnetite::cli {
class Client;
}

namespace magnetite::cli::shell {

struct SessionOptions {
  std::string database = {};  // empty: none yet
  result_format::Format format = result_format::Format::kPretty;
  bool timing = true;
  std::FILE* results = stdout;
  std::FILE* notes = stdout;  // what is neither a result nor help: "Returned 2 rows in ..."
};

// Not thread-safe. The client outlives it.
class Session {
 public:
  enum class Next : uint8_t { kGoOn, kLeave };

  // `should_end` is asked while a statement runs.
  Session(const Client& client, SessionOptions options, QueryStream::ShouldEnd should_end);

  // Fails where no server answers, and where the database to begin with is not there.
  Result<> open();

  // As first_statement() cuts it.
  Result<Next> run(const std::string& statement);

  bool observes() const { return observes_; }
  const std::string& database() const { return options_.database; }
  // For completion; asked of the server once for each database. What cannot be had is missing.
  const Names& names();

 private:
  Result<> use(const std::string& database);
  Result<> check_database(const std::string& database);
  Result<> show_databases();
  Result<> query(const std::string& database, const std::string& sql);
  Result<> observe(const std::string& sql);
  void note(const std::string& text);

  const Client& client_;
  SessionOptions options_;
  const QueryStream::ShouldEnd should_end_;
  bool observes_ = false;
  std::optional<Names> names_;
};

}  // namespace magnetite::cli::shell
