// `magnetite catalog dump | verify | rebuild`: works on the object store itself, without a server.
#pragma once

namespace CLI {
class App;
}

namespace magnetite {

// `exit_code` outlives `app`.
void add_catalog_command(CLI::App& app, int& exit_code);

}  // namespace magnetite
