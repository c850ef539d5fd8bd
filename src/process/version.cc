#include "process/version.h"

namespace magnetite::process {

std::string_view version() { return MAGNETITE_VERSION; }

std::string_view compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

}  // namespace magnetite::process
