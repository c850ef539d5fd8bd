#include "cli/write_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstring>
#include <memory>
#include <optional>

#include "cli/database_calls.h"
#include "cli/line_batches.h"

namespace magnetite::cli {
namespace {

constexpr size_t kPieceBytes = 4 << 20;
constexpr size_t kLineBytesMax = 64 << 20;  // a file without line ends is not taken into memory whole

struct Piece {
  std::string text = {};  // empty: the file has ended
  uint64_t lines_before = 0;
};

// One file, in pieces of whole lines.
class LineFile {
 public:
  static Result<LineFile> open(const std::string& path) {
    if (path == "-") return LineFile("standard input", Handle(stdin, [](std::FILE*) { return 0; }));
    Handle file(std::fopen(path.c_str(), "rb"), std::fclose);
    if (file == nullptr)
      return fail(ErrorCode::kNotFound, fmt::format("Error reading file '{}': {}", path, std::strerror(errno)));
    return LineFile(path, std::move(file));
  }

  const std::string& name() const { return name_; }

  Result<Piece> next() {
    Piece piece{.lines_before = lines_};
    while (true) {
      size_t bytes = is_at_end_ || buffer_.size() >= kPieceBytes ? whole_lines_bytes(buffer_, kPieceBytes) : 0;
      if (bytes == 0 && is_at_end_) bytes = buffer_.size();  // the last line needs no end
      if (bytes > 0 || is_at_end_) {
        piece.text = buffer_.substr(0, bytes);
        buffer_.erase(0, bytes);
        lines_ += newlines_in(piece.text);
        return piece;
      }
      if (buffer_.size() > kLineBytesMax)
        return fail(ErrorCode::kInvalidInput,
                    fmt::format("{}: line {} does not end within {} MiB", name_, lines_ + 1, kLineBytesMax >> 20));
      MAGNETITE_RETURN_IF_ERROR(read_more());
    }
  }

 private:
  using Handle = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  LineFile(std::string name, Handle file) : name_(std::move(name)), file_(std::move(file)) {}

  Result<> read_more() {
    const size_t before = buffer_.size();
    buffer_.resize(before + kPieceBytes);
    const size_t bytes = std::fread(buffer_.data() + before, 1, kPieceBytes, file_.get());
    buffer_.resize(before + bytes);
    if (std::ferror(file_.get()) != 0)
      return fail(ErrorCode::kInvalidInput, fmt::format("Error reading file '{}': {}", name_, std::strerror(errno)));
    is_at_end_ = bytes < kPieceBytes;
    return {};
  }

  std::string name_;
  Handle file_;
  std::string buffer_;  // begins a line
  uint64_t lines_ = 0;  // newlines before it
  bool is_at_end_ = false;
};

// 0: not all of them have a size.
uint64_t bytes_of(const std::vector<std::string>& files) {
  uint64_t bytes = 0;
  for (const std::string& path : files) {
    struct stat about{};
    if (path == "-" || ::stat(path.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) return 0;
    bytes += static_cast<uint64_t>(about.st_size);
  }
  return bytes;
}

// What the piece's refusal means for the whole file.
Error refusal(const LineFile& file, const Piece& piece, const Error& error, uint64_t lines_written) {
  std::string message = fmt::format("{}: {}", file.name(), with_line_of_file(error.message(), piece.lines_before));
  if (lines_written > 0) message += fmt::format(" (the {} lines before this piece are written", lines_written);
  if (lines_written > 0 && piece.lines_before > 0)
    message += fmt::format("; of this file, go on with line {}", piece.lines_before + 1);
  if (lines_written > 0) message += ')';
  return Error(error.code(), std::move(message));
}

}  // namespace

Result<uint64_t> write_files(const Client& client, const std::string& database, const std::vector<std::string>& files,
                             ProgressBar::Elsewhere elsewhere) {
  ProgressBar bar(elsewhere);
  Progress progress{.what = database, .total = bytes_of(files), .unit = "B"};
  uint64_t lines = 0;
  for (const std::string& path : files) {
    MAGNETITE_TRY(LineFile file, LineFile::open(path));
    bool is_first = true;
    while (true) {
      MAGNETITE_TRY(Piece piece, file.next());
      if (piece.text.empty() && !is_first) break;
      const size_t bytes = piece.text.size();
      const auto written = write_lines(client, database, std::move(piece.text));  // also of nothing: is it there?
      if (!written) return std::unexpected(refusal(file, piece, written.error(), lines));
      if (bytes == 0) break;
      is_first = false;
      lines += *written;
      progress.done += bytes;
      const double seconds = bar.elapsed().count();
      progress.what = file.name();
      progress.more = fmt::format("{} lines", short_number(static_cast<double>(lines)));
      if (seconds > 0) progress.more += fmt::format(", {}/s", short_number(static_cast<double>(lines) / seconds));
      bar.show(progress);
    }
  }
  return lines;
}

}  // namespace magnetite::cli
