// Where options come from besides flags. A flag beats the environment, that a `.env` file of the working directory,
// that a TOML file, that the default. All of them end in environment variables before the flags are parsed, so that
// there is one mechanism; what each value came from is kept for people.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace CLI {
class App;
}

namespace magnetite {

// Lines of NAME=value; '#' begins a comment line, `export` may stand before, quotes around a value are taken off. Pure.
// kInvalidInput names the line.
Result<std::vector<std::pair<std::string, std::string>>> parse_dotenv(std::string_view text);

// Every option of `command` without a variable gets MAGNETITE_<ITS_NAME>.
void name_variables(CLI::App& command);

class Settings {
 public:
  // Reads `.env` and the TOML file that --config or MAGNETITE_CONFIG names, whose keys are the names of `run`'s
  // options; variables of the 2021 server (INFLUXDB_IOX_..., IOX_ADDR) stand for ours. Sets variables of this process,
  // so before there are threads. kInvalidInput names file and key.
  static Result<Settings> gather(const CLI::App& run, int argc, const char* const* argv);

  // After parsing: kInvalidInput for a variable whose value its option did not take, which CLI11 passes over.
  Result<> check(const CLI::App& command) const;
  // After parsing: a line an option of `command`, with its value and where that is from; secrets are not shown.
  std::string describe(const CLI::App& command, int argc, const char* const* argv) const;

 private:
  std::string origin_of(const std::string& variable) const;

  std::map<std::string, std::string> origins_;  // by variable; those that were not there as such
};

}  // namespace magnetite
