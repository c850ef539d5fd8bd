#include "server/server.h"

namespace magnetite::server {

std::string_view to_string(ServerState state) {
  switch (state) {
    case ServerState::kWaitingForServerId:
      return "waiting for a server id";
    case ServerState::kLoading:
      return "loading";
    case ServerState::kReady:
      return "ready";
    case ServerState::kStopping:
      return "stopping";
  }
  return "unknown";
}

std::string_view to_string(DatabaseState state) {
  switch (state) {
    case DatabaseState::kKnown:
      return "known";
    case DatabaseState::kRulesLoaded:
      return "rules loaded";
    case DatabaseState::kCatalogLoaded:
      return "catalog loaded";
    case DatabaseState::kReplay:
      return "replay";
    case DatabaseState::kInitialized:
      return "initialized";
  }
  return "unknown";
}

}  // namespace magnetite::server
