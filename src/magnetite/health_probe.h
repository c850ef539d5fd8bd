// Asks a server for its health as any client would.
#pragma once

#include <chrono>
#include <string>

namespace magnetite {

// Whether GET <base_url>/health is answered in time, with whatever status: one that has too many connections lives.
// Whose certificate it is does not matter: it is our own.
bool answers_health(const std::string& base_url, std::chrono::milliseconds timeout);

}  // namespace magnetite
