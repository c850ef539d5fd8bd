// The result of a SQL statement, batch by batch, over Arrow Flight.
//
// Arrow's own Flight client waits for the first message where nothing can end the call: a statement that computes long
// before it has a row could not be cancelled. So the call is made here, and Arrow reads the messages.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace arrow {
class RecordBatch;
class Schema;
}  // namespace arrow

namespace magnetite::cli {

class Client;

// Not thread-safe. The client outlives it.
class QueryStream {
 public:
  // Asked some 20 times a second while the server has nothing to say; true ends the call with kCancelled.
  using ShouldEnd = std::function<bool()>;

  // Returns when the columns are known.
  static Result<std::unique_ptr<QueryStream>> start(const Client& client, const std::string& database,
                                                    const std::string& sql, ShouldEnd should_end = {});
  virtual ~QueryStream() = default;  // ends the call, if it has not ended

  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;
  virtual Result<std::shared_ptr<arrow::RecordBatch>> next() = 0;  // nullptr: that was the last
};

}  // namespace magnetite::cli
