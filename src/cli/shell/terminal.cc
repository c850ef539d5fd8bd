#include "cli/shell/terminal.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <isocline.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "cli/interrupts.h"
#include "cli/shell/session.h"
#include "cli/shell/statements.h"

// isocline throws away what was typed ahead whenever it takes and leaves the terminal, so that of several lines that
// are pasted all but the first would be lost. This stands before the C library's function of that name, in the whole
// process.
extern "C" int tcsetattr(int terminal, int when, const termios* settings) noexcept {
  static const auto set = reinterpret_cast<decltype(&tcsetattr)>(dlsym(RTLD_NEXT, "tcsetattr"));
  return set(terminal, when == TCSAFLUSH ? TCSADRAIN : when, settings);
}

namespace magnetite::cli::shell {
namespace {

// Between two prompts: what is typed ahead is not shown twice, and its Enter is still the key that it was.
class QuietTerminal {
 public:
  QuietTerminal() {
    if (!is_terminal_) return;
    termios quiet = before_;
    quiet.c_iflag &= ~static_cast<tcflag_t>(ICRNL);
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet);
  }
  ~QuietTerminal() {
    if (is_terminal_) tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;

 private:
  termios before_{};
  const bool is_terminal_ = tcgetattr(STDIN_FILENO, &before_) == 0;
};

constexpr long kHistoryMax = 1000;

// What isocline's callbacks see.
struct Typing {
  Session& session;
  std::string before;  // lines of the statement that are entered already
};

void complete(ic_completion_env_t* environment, const char* prefix) {
  const Typing& typing = *static_cast<Typing*>(ic_completion_arg(environment));
  const Candidates found = candidates(typing.before + prefix, typing.session.names());
  for (const std::string& word : found.words)
    if (!ic_add_completion_prim(environment, word.c_str(), nullptr, nullptr, static_cast<long>(found.word_bytes), 0))
      return;
}

const char* style_of(const Piece& piece, std::string_view text) {
  switch (piece.kind) {
    case PieceKind::kString:
      return "ic-string";
    case PieceKind::kComment:
      return "ic-comment";
    case PieceKind::kNumber:
      return "ic-number";
    case PieceKind::kWord:
      return is_keyword(text) ? "ic-keyword" : nullptr;
    default:
      return nullptr;
  }
}

void highlight(ic_highlight_env_t* environment, const char* input, void*) {
  const std::string_view text = input;
  for (size_t i = 0; i < text.size();) {
    const Piece piece = piece_at(text, i);
    if (const char* style = style_of(piece, text.substr(i, piece.end - i)))
      ic_highlight(environment, static_cast<long>(i), static_cast<long>(piece.end - i), style);
    i = piece.end;
  }
}

void set_up(Typing& typing) {
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    ic_set_history((std::string(home) + "/.magnetite_sql_history").c_str(), kHistoryMax);
  else
    ic_set_history(nullptr, kHistoryMax);
  ic_set_default_completer(complete, &typing);
  ic_set_default_highlighter(highlight, nullptr);
  ic_style_def("ic-string", "ansi-green");
  ic_style_def("ic-comment", "ansi-darkgray");
  ic_style_def("ic-number", "ansi-teal");
  ic_style_def("ic-keyword", "b");
  ic_enable_brace_insertion(false);  // text is pasted as often as it is typed
  ic_enable_hint(false);
  ic_enable_beep(false);
}

// isocline reads marks of its own in square brackets.
std::string prompt(const Session& session, bool is_first_line) {
  const std::string name = session.observes() ? "observer" : session.database();
  if (!is_first_line) return std::string(name.size(), ' ');
  std::string text;
  for (const char c : name) {
    if (c == '[' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

// What is complete of `text` runs and is cut off. False: the person leaves.
bool run_statements(Session& session, const Interrupts& interrupts, std::string& text) {
  while (const auto cut = first_statement(text)) {
    text.erase(0, cut->bytes);
    interrupts.arrived();  // one from before is not meant for this
    const auto next = session.run(cut->statement);
    if (!next) {
      std::fflush(stdout);
      fmt::print(stderr, "{}\n", next.error().message());
    } else if (*next == Session::Next::kLeave) {
      return false;
    }
  }
  if (is_blank(text)) text.clear();
  return true;
}

}  // namespace

void run_terminal(Session& session, const Interrupts& interrupts) {
  const QuietTerminal quiet;  // before isocline looks at it
  Typing typing{session, ""};
  set_up(typing);
  size_t lines = 0;       // of the statement that is being typed
  size_t remembered = 0;  // those of them that isocline keeps: it leaves out the shortest
  std::string entered;
  const auto begin_anew = [&] {
    typing.before.clear();
    entered.clear();
    lines = 0;
    remembered = 0;
  };
  while (true) {
    const std::unique_ptr<char, decltype(&std::free)> line(ic_readline(prompt(session, lines == 0).c_str()),
                                                           &std::free);
    if (line == nullptr) {  // Ctrl-D, or a terminal that is gone
      if (lines == 0) return;
      begin_anew();
      continue;
    }
    if (interrupts.arrived()) begin_anew();  // between two prompts
    const std::string_view text = line.get();
    if (lines == 0 && is_blank(text)) continue;
    ++lines;
    if (text.size() > 1) ++remembered;
    typing.before += text;
    typing.before += '\n';
    entered += lines == 1 ? "" : "\n";
    entered += text;
    if (!run_statements(session, interrupts, typing.before)) return;
    if (!typing.before.empty()) continue;
    if (lines > 1) {  // is remembered as the one statement that it is
      for (size_t i = 0; i < remembered; ++i) ic_history_remove_last();
      ic_history_add(entered.c_str());
    }
    begin_anew();
  }
}

}  // namespace magnetite::cli::shell
