#include "write_buffer/sync_mode.h"

#include <fmt/format.h>

#include <charconv>

namespace magnetite::write_buffer {

Result<SyncMode> SyncMode::parse(std::string_view text) {
  if (text == "commit") return SyncMode{};
  if (text == "off") return SyncMode{Kind::kOff, {}};
  const auto bad = [&] {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("'{}' is no sync mode: use commit, off, or interval=<number>ms|s", text));
  };
  constexpr std::string_view kPrefix = "interval=";
  if (!text.starts_with(kPrefix)) return bad();
  const std::string_view value = text.substr(kPrefix.size());
  int64_t number = 0;
  const auto [stop, code] = std::from_chars(value.data(), value.data() + value.size(), number);
  const std::string_view unit(stop, value.data() + value.size());
  constexpr int64_t kNumberMax = 3'600'000;
  if (code != std::errc() || number <= 0 || number > kNumberMax) return bad();
  if (unit == "ms") return SyncMode{Kind::kInterval, std::chrono::milliseconds(number)};
  if (unit == "s") return SyncMode{Kind::kInterval, std::chrono::seconds(number)};
  return bad();
}

std::string SyncMode::text() const {
  if (kind == Kind::kCommit) return "commit";
  if (kind == Kind::kOff) return "off";
  return fmt::format("interval={}ms", interval / std::chrono::milliseconds(1));
}

}  // namespace magnetite::write_buffer
