// What v1 clients send to /query before they write: CREATE DATABASE and SHOW DATABASES.
#pragma once

#include <string>
#include <string_view>

namespace magnetite::access {
struct Grant;
}
namespace magnetite::server {
class Server;
}

namespace magnetite::http {

// Runs, as far as `grant` goes, the statements of `text` (separated by ';') and returns the v1 answer with a newline.
std::string run_v1_statements(std::string_view text, server::Server& server, const access::Grant& grant);

}  // namespace magnetite::http
