// GET /api/v1/status: what the server and its databases are doing, as JSON. docs/http_api.md.
#pragma once

#include <string>

namespace magnetite::server {
class Server;
}

namespace magnetite::http {

std::string status_page(const server::Server& server);

}  // namespace magnetite::http
