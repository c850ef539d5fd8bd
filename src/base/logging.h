// Structured log lines: level, text, then key=value pairs. Thin over spdlog so that headers stay light.
//   log::warn("segment sealed", {{"database", name}, {"offset", std::to_string(offset)}});
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace magnetite::log {

enum class Level : uint8_t { kDebug, kInfo, kWarn, kError };
enum class Format : uint8_t { kFull, kLogfmt, kJson };
using Field = std::pair<std::string_view, std::string>;

struct Options {
  Level level = Level::kWarn;
  Format format = Format::kFull;
  bool to_stderr = false;
};

void configure(const Options& options);  // before threads start
bool enabled(Level level);
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

// While it lives, every line that this thread writes says which request it is about. Scopes nest; none may outlive its
// thread.
class RequestScope {
 public:
  explicit RequestScope(std::string id);
  ~RequestScope();
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

 private:
  std::string outer_;
};
// Of the calling thread; empty outside of a request.
const std::string& request_id();

inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kDebug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kInfo, message, fields);
}
inline void warn(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kWarn, message, fields);
}
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kError, message, fields);
}

}  // namespace magnetite::log
