// The paths this server answers. Pure dispatch: what carries requests is http_server.cc.
#pragma once

#include <memory>

#include "http/http_server.h"
#include "http/message.h"
#include "http/metrics.h"

namespace magnetite::http {

// Who runs a request: writes and queries block, so each kind has its own threads.
enum class Lane : uint8_t { kQuick, kWrite, kQuery };

// Thread-safe.
class Service {
 public:
  Service(server::Server& server, query::sql::Engine& engine, const HttpOptions& options)
      : server_(server), engine_(engine), options_(options) {}

  static Lane lane_of(std::string_view path);
  // Says early, from the head alone, that a body is not wanted.
  std::optional<Response> refuse_early(const Request& head) const;
  Response handle(Request request);

 private:
  Response dispatch(Request& request);
  Response write(Request& request, int version);
  Response v1_query(Request& request);
  Response query_sql(Request& request);
  Response ping() const;
  Response status() const;

  server::Server& server_;
  query::sql::Engine& engine_;
  const HttpOptions& options_;
  Metrics metrics_;
};

}  // namespace magnetite::http
