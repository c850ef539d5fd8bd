// What was built. "0.1.0"; "gcc 16.1.0".
#pragma once

#include <string_view>

namespace magnetite::process {

std::string_view version();
std::string_view compiler();

}  // namespace magnetite::process
