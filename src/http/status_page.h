// GET /api/v1/status: what the server and its databases are doing, as JSON. docs/http_api.md.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace magnetite::server {
class Server;
}

namespace magnetite::http {

// Of the databases, those that are to be `shown`; empty: all.
std::string status_page(const server::Server& server, const std::function<bool(std::string_view)>& shown);

}  // namespace magnetite::http
