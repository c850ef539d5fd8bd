#include "process/allocator_statistics.h"

#include <malloc.h>

#include <cstdio>
#include <cstdlib>

namespace magnetite::process {

AllocatorStatistics allocator_statistics() {
  const struct mallinfo2 info = ::mallinfo2();
  return {info.arena, info.hblkhd, info.uordblks, info.fordblks};
}

std::string allocator_report() {
  char* text = nullptr;
  size_t size = 0;
  FILE* stream = ::open_memstream(&text, &size);
  if (stream == nullptr) return {};
  ::malloc_info(0, stream);
  std::fclose(stream);
  std::string report(text, size);
  std::free(text);
  return report;
}

}  // namespace magnetite::process
