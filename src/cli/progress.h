// A line that says how far something is, and the bar that shows it on a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace magnetite::cli {

struct Progress {
  std::string what = {};  // "Persisting chunks"
  uint64_t done = 0;
  uint64_t total = 0;          // 0: not known
  std::string_view unit = {};  // "rows", "B"
  std::string more = {};       // "1.2 M lines"
};

// "1234", "12.3 k", "4.57 M"
std::string short_number(double number);
// "0:07", "1:02:03"
std::string short_duration(std::chrono::seconds duration);

// "Persisting [=====>    ]  42 %  1.2 M of 2.9 M rows  310 k rows/s  0:05 left", after `elapsed`, in at most `width`
// columns: what has no room is left out, from the end; the bar takes what room is left. Pure.
std::string progress_line(const Progress& progress, std::chrono::duration<double> elapsed, size_t width);

// Shows the newest progress on stderr: on a terminal as one line that is written anew ten times a second at most;
// elsewhere, and only if asked for, as lines every few seconds.
class ProgressBar {
 public:
  enum class Elsewhere : uint8_t { kNothing, kLines };
  explicit ProgressBar(Elsewhere elsewhere);
  ~ProgressBar();  // the line is gone
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(const Progress& progress);
  void clear();
  std::chrono::duration<double> elapsed() const;

 private:
  using Clock = std::chrono::steady_clock;
  const bool is_terminal_;
  const Elsewhere elsewhere_;
  const Clock::time_point began_;
  Clock::time_point shown_;
  size_t line_bytes_ = 0;  // of what stands on the terminal
};

}  // namespace magnetite::cli
