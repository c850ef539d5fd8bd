#include "base/logging.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <glaze/json.hpp>
#include <memory>
#include <span>

#include "base/clock.h"

namespace magnetite::log {
namespace {

// What collectors commonly accept as one line; a longer one is replaced by the start of its message.
constexpr size_t kLineBytesMax = 16'383;
constexpr size_t kCutMessageBytes = 2'000;  // even if every byte becomes \u0000 the line stays below the bound

struct JsonOptions : glz::opts {
  bool escape_control_characters = true;
};

Format current_format = Format::kFull;
thread_local std::string current_request;

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view word(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "error";
}

std::string json_text(std::string_view text) { return glz::write<JsonOptions{}>(text).value_or("\"\""); }

std::string format_line(Level level, std::string_view message, std::span<const Field> fields) {
  const int64_t nanos = system_clock().wall_now().nanos;
  std::string line;
  const auto add_fields = [&] {
    for (const auto& [key, value] : fields) line += fmt::format(" {}={}", key, json_text(value));
    if (!current_request.empty()) line += fmt::format(" request_id={}", json_text(current_request));
  };
  switch (current_format) {
    case Format::kFull:
      line = message;
      add_fields();
      break;
    case Format::kLogfmt:
      line = fmt::format("level={} msg={}", word(level), json_text(message));
      add_fields();
      line += fmt::format(" time={}", nanos);
      break;
    case Format::kJson:
      line = fmt::format("{{\"level\":\"{}\",\"msg\":{}", word(level), json_text(message));
      for (const auto& [key, value] : fields) line += fmt::format(",{}:{}", json_text(key), json_text(value));
      if (!current_request.empty()) line += fmt::format(",\"request_id\":{}", json_text(current_request));
      line += fmt::format(",\"time\":{}}}", nanos);
      break;
  }
  return line;
}

// The start of `text`, not ending within a UTF-8 character.
std::string_view start_of(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

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
  logger->set_pattern(options.format == Format::kFull ? "%Y-%m-%dT%H:%M:%S.%eZ %-5l %v" : "%v",
                      spdlog::pattern_time_type::utc);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

RequestScope::RequestScope(std::string id) : outer_(std::exchange(current_request, std::move(id))) {}
RequestScope::~RequestScope() { current_request = std::move(outer_); }
const std::string& request_id() { return current_request; }

bool enabled(Level level) { return spdlog::should_log(to_spdlog(level)); }

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  std::string line = format_line(level, message, {fields.begin(), fields.end()});
  if (line.size() > kLineBytesMax) {
    const Field cut{"cut_from_bytes", std::to_string(line.size())};
    line = format_line(level, start_of(message, kCutMessageBytes), {&cut, 1});
  }
  spdlog::log(to_spdlog(level), spdlog::string_view_t(line));
}

}  // namespace magnetite::log
