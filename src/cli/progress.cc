#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

namespace magnetite::cli {
namespace {

constexpr size_t kBarColumnsMax = 30;
constexpr size_t kBarColumnsMin = 10;
constexpr std::chrono::milliseconds kBetweenFrames{100};
constexpr std::chrono::seconds kBetweenLines{5};
constexpr double kSecondsMax = 99 * 3600.0;  // above it a guess says nothing

std::string amount(uint64_t number, std::string_view unit) {
  return fmt::format("{} {}", short_number(static_cast<double>(number)), unit);
}

std::string bar(double part, size_t columns) {
  const auto filled = static_cast<size_t>(part * static_cast<double>(columns));
  std::string text = "[" + std::string(filled, '=');
  if (filled < columns) text += '>' + std::string(columns - filled - 1, ' ');
  return text + "]";
}

size_t terminal_width() {
  constexpr size_t kUsual = 80;
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
  return size.ws_col;
}

}  // namespace

std::string short_number(double number) {
  if (number < 1000) return fmt::format("{:.0f}", number);
  constexpr std::array kLetters = {'k', 'M', 'G', 'T', 'P'};
  size_t letter = 0;
  double scaled = number / 1000;
  while (scaled >= 1000 && letter + 1 < kLetters.size()) {
    scaled /= 1000;
    ++letter;
  }
  const int digits = scaled < 10 ? 2 : scaled < 100 ? 1 : 0;
  return fmt::format("{:.{}f} {}", scaled, digits, kLetters[letter]);
}

std::string short_duration(std::chrono::seconds duration) {
  const int64_t seconds = duration.count();
  if (seconds < 3600) return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string progress_line(const Progress& progress, std::chrono::duration<double> elapsed, size_t width) {
  const bool is_total_known = progress.total > 0;
  const double part =
      is_total_known ? std::min(1.0, static_cast<double>(progress.done) / static_cast<double>(progress.total)) : 0;
  std::vector<std::string> pieces;  // the most wanted first
  if (is_total_known) pieces.push_back(fmt::format("{:.0f} %", part * 100));
  if (is_total_known)
    pieces.push_back(fmt::format("{} of {}", short_number(static_cast<double>(progress.done)),
                                 amount(progress.total, progress.unit)));
  else if (progress.done > 0)
    pieces.push_back(amount(progress.done, progress.unit));
  const double rate = elapsed.count() > 0 ? static_cast<double>(progress.done) / elapsed.count() : 0;
  if (rate > 0) pieces.push_back(fmt::format("{} {}/s", short_number(rate), progress.unit));
  if (!progress.more.empty()) pieces.push_back(progress.more);
  if (is_total_known && rate > 0 && part < 1) {
    const double left = static_cast<double>(progress.total - progress.done) / rate;
    if (left < kSecondsMax)
      pieces.push_back(short_duration(std::chrono::seconds(static_cast<int64_t>(left + 0.5))) + " left");
  } else if (!is_total_known) {
    pieces.push_back(short_duration(std::chrono::duration_cast<std::chrono::seconds>(elapsed)));
  }

  std::string line = progress.what.substr(0, width);
  std::string behind;
  for (const std::string& piece : pieces) {
    if (line.size() + behind.size() + 2 + piece.size() > width) break;
    behind += "  " + piece;
  }
  const size_t room = width - line.size() - behind.size();
  if (is_total_known && room >= kBarColumnsMin + 3)  // a blank and the brackets
    line += " " + bar(part, std::min(kBarColumnsMax, room - 3));
  return line + behind;
}

ProgressBar::ProgressBar(Elsewhere elsewhere)
    : is_terminal_(::isatty(STDERR_FILENO) != 0), elsewhere_(elsewhere), began_(Clock::now()), shown_(began_) {}

ProgressBar::~ProgressBar() { clear(); }

std::chrono::duration<double> ProgressBar::elapsed() const { return Clock::now() - began_; }

void ProgressBar::show(const Progress& progress) {
  if (!is_terminal_ && elsewhere_ == Elsewhere::kNothing) return;
  const Clock::time_point now = Clock::now();
  const auto pause = is_terminal_ ? Clock::duration(kBetweenFrames) : Clock::duration(kBetweenLines);
  if (now - shown_ < pause) return;  // what ends sooner needs no bar
  shown_ = now;
  constexpr size_t kLineColumns = 200;
  const std::string line = progress_line(progress, now - began_, is_terminal_ ? terminal_width() - 1 : kLineColumns);
  if (!is_terminal_) {
    fmt::print(stderr, "{}\n", line);
    return;
  }
  fmt::print(stderr, "\r{:<{}}", line, std::max(line.size(), line_bytes_));
  std::fflush(stderr);
  line_bytes_ = line.size();
}

void ProgressBar::clear() {
  if (line_bytes_ == 0) return;
  fmt::print(stderr, "\r{}\r", std::string(line_bytes_, ' '));
  std::fflush(stderr);
  line_bytes_ = 0;
}

}  // namespace magnetite::cli
