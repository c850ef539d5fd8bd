// When an append is acknowledged: `--wal-sync=commit | interval=<duration> | off`.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace magnetite::write_buffer {

struct SyncMode {
  enum class Kind : uint8_t {
    kCommit,    // after fdatasync (default)
    kInterval,  // after write; fdatasync at least this often: a power cut may lose the last interval
    kOff,       // after write; the operating system decides
  };
  Kind kind = Kind::kCommit;
  Duration interval{};

  static Result<SyncMode> parse(std::string_view text);  // "commit", "off", "interval=100ms" (ms, s)
  std::string text() const;
  bool operator==(const SyncMode&) const = default;
};

}  // namespace magnetite::write_buffer
