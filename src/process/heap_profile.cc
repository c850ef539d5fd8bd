#include "process/heap_profile.h"

#include <dlfcn.h>
#include <gperftools/malloc_extension.h>

#include <cstdlib>
#include <string_view>

namespace magnetite::process {

// A check of the virtual call's type would need the library's typeinfo, and with it the library.
[[gnu::no_sanitize("vptr")]] std::optional<std::string> heap_profile() {
  const char* period = std::getenv("TCMALLOC_SAMPLE_PARAMETER");
  if (period == nullptr || std::string_view(period) == "0") return std::nullopt;
  // Looked up by name: linking it would exchange the allocator of every process. It is a member without arguments.
  using Instance = MallocExtension* (*)();
  const auto instance = reinterpret_cast<Instance>(::dlsym(RTLD_DEFAULT, "_ZN15MallocExtension8instanceEv"));
  if (instance == nullptr) return std::nullopt;
  std::string profile;
  instance()->GetHeapSample(&profile);
  return profile;
}

}  // namespace magnetite::process
