#include "base/logging.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <glaze/json.hpp>

namespace magnetite::log {
namespace {

Format current_format = Format::kFull;

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarn: return spdlog::level::warn;
    case Level::kError: return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view word(Level level) {
  switch (level) {
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarn: return "warn";
    case Level::kError: return "error";
  }
  return "error";
}

std::string json_text(std::string_view text) { return glz::write_json(text).value_or("\"\""); }

}  // namespace

void configure(const Options& options) {
  current_format = options.format;
  std::shared_ptr<spdlog::sinks::sink> sink;
  if (options.to_stderr)
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  else
    sink = std::make_shared<spdlog::sinks::stdout_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>("magnetite", std::move(sink));
  logger->set_level(to_spdlog(options.level));
  logger->set_pattern(options.format == Format::kFull ? "%Y-%m-%dT%H:%M:%S.%eZ %-5l %v" : "%v", spdlog::pattern_time_type::utc);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

bool enabled(Level level) { return spdlog::should_log(to_spdlog(level)); }

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  std::string line;
  const auto nanos = std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  if (current_format == Format::kFull) {
    line = message;
    for (const auto& [key, value] : fields) line += fmt::format(" {}={}", key, json_text(value));
  } else if (current_format == Format::kLogfmt) {
    line = fmt::format("level={} msg={}", word(level), json_text(message));
    for (const auto& [key, value] : fields) line += fmt::format(" {}={}", key, json_text(value));
    line += fmt::format(" time={}", nanos);
  } else {
    line = fmt::format("{{\"level\":\"{}\",\"msg\":{}", word(level), json_text(message));
    for (const auto& [key, value] : fields) line += fmt::format(",{}:{}", json_text(key), json_text(value));
    line += fmt::format(",\"time\":{}}}", nanos);
  }
  constexpr size_t kLineBytesMax = 16'383;
  if (line.size() > kLineBytesMax) line.resize(kLineBytesMax);
  spdlog::log(to_spdlog(level), spdlog::string_view_t(line));
}

}  // namespace magnetite::log
