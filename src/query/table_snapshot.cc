#include "query/table_snapshot.h"

namespace magnetite::query {

std::string_view to_string(ChunkStorage storage) {
  switch (storage) {
    case ChunkStorage::kOpenMutableBuffer:
      return "OpenMutableBuffer";
    case ChunkStorage::kClosedMutableBuffer:
      return "ClosedMutableBuffer";
    case ChunkStorage::kReadBuffer:
      return "ReadBuffer";
    case ChunkStorage::kReadBufferAndObjectStore:
      return "ReadBufferAndObjectStore";
    case ChunkStorage::kObjectStoreOnly:
      return "ObjectStoreOnly";
  }
  return "Unknown";
}

}  // namespace magnetite::query
