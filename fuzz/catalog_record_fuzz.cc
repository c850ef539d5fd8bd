// Catalog records from any bytes: decoding fails with an error or gives what encoding gives back. The checksum is made
// right first, else nothing would get past it.
#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "catalog/record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace magnetite;
  std::vector<std::byte> bytes(size + 8);
  if (size > 0) std::memcpy(bytes.data(), data, size);
  const uint64_t checksum = XXH3_64bits(data, size);
  std::memcpy(&bytes[size], &checksum, sizeof checksum);

  const auto header = catalog::decode_header(bytes);
  if (!header) return 0;
  if (header->kind == catalog::RecordKind::kTransaction) {
    if (const auto transaction = catalog::decode_transaction(bytes))
      MAGNETITE_CHECK(catalog::encode(*header, *transaction) == bytes);
    return 0;
  }
  if (const auto state = catalog::decode_checkpoint(bytes)) {
    // Paths may share less with the one before than they could, so compare what comes back, not the bytes.
    const auto encoded = catalog::encode(*header, **state);
    const auto again = catalog::decode_checkpoint(encoded);
    MAGNETITE_CHECK(again.has_value());
    MAGNETITE_CHECK(catalog::encode(*header, **again) == encoded);
  }
  return 0;
}
