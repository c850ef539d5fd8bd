// A server on a simulated disk, clock and store.
#pragma once

#include <gmock/gmock.h>

#include "base/sim/sim_disk.h"
#include "base/sim/sim_executor.h"
#include "object_store/memory/memory_store.h"
#include "object_store/testing/faulty_store.h"
#include "server/server.h"

namespace magnetite::server::testing {

class ServerTest : public ::testing::Test {
 protected:
  void run(std::function<void()> main) { executor_.run(std::move(main)); }

  void start() {
    begin();
    while (server_->status().state == ServerState::kLoading) executor_.pause(std::chrono::milliseconds(10));
  }
  void begin() {
    ServerOptions options;
    options.server_id = model::ServerId{1};
    options.log_folder = "log";
    options.sequencer_count = 2;
    server_ = Server::make(executor_, disk_, store_, std::move(options)).value();
    server_->start();
  }
  void stop() {
    server_->stop();
    server_.reset();
  }
  Result<database::WriteReport> write(const std::string& database, std::string lines) {
    database::WriteInput input;
    input.body = std::move(lines);
    return server_->write(database, std::move(input));
  }
  DatabaseStatus status(const std::string& database) {
    for (DatabaseStatus& each : server_->status().databases)
      if (each.name == database) return each;
    return {};
  }

  sim::SimExecutor executor_{1};
  sim::SimDisk disk_{&executor_, 1};
  std::unique_ptr<object_store::ObjectStore> memory_store_ = object_store::make_memory_store(executor_.clock());
  object_store::testing::FaultyStore store_{*memory_store_, {.seed = 1, .executor = &executor_}};
  std::unique_ptr<Server> server_;
};

}  // namespace magnetite::server::testing
