#include "process/process_statistics.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <memory>
#include <string>
#include <vector>

namespace magnetite::process {
namespace {

// Files of /proc are no disk's: they have no size and never block for long. Empty if it cannot be read.
std::string read_proc(const char* path) {
  constexpr size_t kBytesMax = 1 << 20;  // /proc/stat grows with the machine's interrupts
  const int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {};
  std::string text;
  std::array<char, 16 * 1024> piece;
  ssize_t size = 0;
  while (text.size() < kBytesMax && (size = ::read(descriptor, piece.data(), piece.size())) > 0)
    text.append(piece.data(), static_cast<size_t>(size));
  ::close(descriptor);
  return text;
}

std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" \n"), text.size());
    if (end > 0) found.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return found;
}

std::optional<uint64_t> boot_seconds(std::string_view machine) {
  constexpr std::string_view kName = "\nbtime ";
  const size_t at = machine.find(kName);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = machine.substr(at + kName.size());
  return number(rest.substr(0, rest.find('\n')));
}

uint64_t count_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
  if (folder == nullptr) return 0;
  uint64_t count = 0;
  while (const dirent* entry = ::readdir(folder.get()))
    if (entry->d_name[0] != '.') ++count;
  return count == 0 ? 0 : count - 1;  // without the one it is read with
}

}  // namespace

std::optional<ProcessStatistics> parse_statistics(std::string_view process, std::string_view machine,
                                                  const KernelUnits& units) {
  // The name in brackets may hold anything, brackets and spaces included.
  const size_t name_end = process.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  const std::vector<std::string_view> fields = words(process.substr(name_end + 1));
  // Positions as in proc(5), which counts from 1 and begins with the number of the process and its name.
  const auto field = [&](size_t position) {
    return position - 3 < fields.size() ? number(fields[position - 3]) : std::nullopt;
  };
  const auto user = field(14), system = field(15), threads = field(20), start = field(22), size = field(23);
  const auto resident = field(24), boot = boot_seconds(machine);
  if (!user || !system || !threads || !start || !size || !resident || !boot) return std::nullopt;
  const auto ticks = static_cast<double>(units.ticks_per_second);
  ProcessStatistics statistics;
  statistics.cpu = std::chrono::duration<double>(static_cast<double>(*user + *system) / ticks);
  statistics.threads = *threads;
  statistics.virtual_bytes = *size;
  statistics.resident_bytes = *resident * units.page_bytes;
  statistics.start_seconds = static_cast<double>(*boot) + static_cast<double>(*start) / ticks;
  return statistics;
}

std::optional<ProcessStatistics> read_statistics() {
  const KernelUnits units{static_cast<uint64_t>(::sysconf(_SC_CLK_TCK)),
                          static_cast<uint64_t>(::sysconf(_SC_PAGESIZE))};
  auto statistics = parse_statistics(read_proc("/proc/self/stat"), read_proc("/proc/stat"), units);
  if (!statistics) return std::nullopt;
  statistics->open_descriptors = count_descriptors();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) statistics->descriptors_max = limit.rlim_cur;
  return statistics;
}

}  // namespace magnetite::process
