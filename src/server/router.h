// Sends writes where the rules of a database send them: whole, or line by line to the shards they belong to.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "base/result.h"
#include "database/write.h"
#include "entry/routed_write.h"
#include "model/ids.h"
#include "model/limits.h"
#include "server/remote_writer.h"
#include "server/remotes.h"
#include "sharding/sharder.h"

namespace magnetite::server {

struct RouterOptions {
  std::string remote_template;  // address of a server that is no remote; `{id}` in it is its id. Empty: it has none
  model::Limits limits;
};

// Thread-safe. `executor` and `remotes` outlive it.
class Router {
 public:
  // Without a writer, servers that are named cannot be reached.
  Router(Executor& executor, Remotes& remotes, std::unique_ptr<RemoteWriter> writer, RouterOptions options)
      : executor_(executor), remotes_(remotes), writer_(std::move(writer)), options_(std::move(options)) {}

  // Stores in this server's own database, for groups that it is a node of.
  using StoreHere = std::function<Result<database::WriteReport>(database::WriteInput)>;

  // Shards are written to at the same time; the first that fails fails the write, others may have stored their part:
  // repeating is safe. kFailedPrecondition where no node of a group has an address (see unconfigured()), kUnavailable
  // where none could be reached, kInvalidInput and kUnavailable as the other server says.
  Result<database::WriteReport> write(model::ServerId self, const std::string& database, const sharding::Route& route,
                                      database::WriteInput input, const StoreHere& store_here);

 private:
  struct Part {
    const model::NodeGroup* target = nullptr;
    uint64_t lines = 0;
    entry::Payload payload;
    std::optional<Error> failure;
  };

  Result<> send(model::ServerId self, const std::string& database, const Part& part, const StoreHere& store_here);
  void send_all(model::ServerId self, const std::string& database, std::vector<Part>& parts,
                const StoreHere& store_here);

  Executor& executor_;
  Remotes& remotes_;
  const std::unique_ptr<RemoteWriter> writer_;
  const RouterOptions options_;
};

// The nodes that an error of write() calls unknown, such as "[ServerId(2)]"; nullopt for every other error.
std::optional<std::string_view> unconfigured(const Error& error);

}  // namespace magnetite::server
