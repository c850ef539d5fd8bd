// Checkpoints from any bytes: decoding never fails but with kCorruption, and what it accepts is the only text of its
// value.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "persistence/checkpoint_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace magnetite;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto verify = [&](const auto& decoded) {
    if (decoded)
      MAGNETITE_CHECK(persistence::encode(*decoded) == text);
    else
      MAGNETITE_CHECK(decoded.error().code() == ErrorCode::kCorruption);
  };
  verify(persistence::decode_partition_checkpoint(text, "t", "p"));
  verify(persistence::decode_database_checkpoint(text));
  return 0;
}
