#include "cli/shell/script.h"

#include <cerrno>
#include <cstring>

#include "cli/shell/session.h"
#include "cli/shell/statements.h"

namespace magnetite::cli::shell {
namespace {

constexpr size_t kReadBytes = 64 << 10;
constexpr size_t kStatementBytesMax = 64 << 20;

// What is complete of `text`, and is cut off it.
Result<Session::Next> run_complete(Session& session, std::string& text) {
  size_t done = 0;
  auto next = Session::Next::kGoOn;
  while (next == Session::Next::kGoOn) {
    const auto cut = first_statement(std::string_view(text).substr(done));
    if (!cut) break;
    done += cut->bytes;
    MAGNETITE_TRY(next, session.run(cut->statement));
  }
  text.erase(0, done);
  return next;
}

Result<> run_rest(Session& session, std::string text) {
  text += '\n';
  MAGNETITE_TRY(const auto next, run_complete(session, text));
  if (next == Session::Next::kLeave || is_blank(text)) return {};
  text += ';';
  MAGNETITE_TRY(const auto last, run_complete(session, text));
  if (last == Session::Next::kLeave || is_blank(text)) return {};
  return fail(ErrorCode::kInvalidInput, "the last statement ends within a string or a comment");
}

}  // namespace

Result<> run_script(Session& session, std::FILE* statements) {
  std::string text;
  while (true) {
    const size_t before = text.size();
    text.resize(before + kReadBytes);
    // By lines: what was typed into a pipe runs at once.
    const bool is_read = std::fgets(text.data() + before, static_cast<int>(kReadBytes), statements) != nullptr;
    text.resize(before + (is_read ? std::strlen(text.data() + before) : 0));
    if (!is_read && std::ferror(statements) != 0)
      return fail(ErrorCode::kInvalidInput, std::string("the statements cannot be read: ") + std::strerror(errno));
    if (!is_read) return run_rest(session, std::move(text));
    if (text.size() > kStatementBytesMax) return fail(ErrorCode::kTooLarge, "a statement is longer than 64 MiB");
    if (text.find_first_of(";\n", before) == std::string::npos) continue;
    MAGNETITE_TRY(const auto next, run_complete(session, text));
    if (next == Session::Next::kLeave) return {};
  }
}

Result<> run_text(Session& session, std::string statements) { return run_rest(session, std::move(statements)); }

}  // namespace magnetite::cli::shell
