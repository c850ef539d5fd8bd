// Which shard each line of a body belongs to, by the rules of a database.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "line_protocol/parser.h"
#include "line_protocol/series_name.h"
#include "model/routing_rules.h"

namespace magnetite::sharding {

// Lines of a parsed body by where they go; positions in Batch::lines, ascending. `errors` by line.
struct ShardedLines {
  std::map<uint32_t, std::vector<uint32_t>> shards;
  std::vector<line_protocol::LineError> errors;
};

// Immutable.
class Sharder {
 public:
  // `config` is valid but for its regular expressions: kInvalidInput with the field's path.
  static Result<std::shared_ptr<const Sharder>> make(const model::ShardConfig& config);
  virtual ~Sharder() = default;

  // A line is in error where no rule matches, or where a column of the ring is one of its fields: rows that differ in a
  // field only would then lie on several servers.
  virtual ShardedLines split(std::string_view text, const line_protocol::Batch& batch) const = 0;
};

// Where writes of a database go; compiled from valid rules.
struct Route {
  std::shared_ptr<const Sharder> sharder;  // nullptr: everything goes to `target`
  std::map<uint32_t, model::NodeGroup> shards;
  model::NodeGroup target;
  bool ignore_errors = false;
};
// nullptr: into the database itself.
Result<std::shared_ptr<const Route>> compile(const model::RoutingRules& rules);

}  // namespace magnetite::sharding
