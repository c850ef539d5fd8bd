// tsbs_generate: writes the data set as line protocol or CSV.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "generator.h"

using magnetite::tsbs::Format;
using magnetite::tsbs::Generator;
using magnetite::tsbs::GeneratorOptions;

int main(int argc, char** argv) {
  GeneratorOptions options;
  std::string path;
  bool csv = false;
  double interval_seconds = 10;
  CLI::App app{"Data of the TSBS cpu-only shape"};
  app.add_option("--hosts", options.hosts)->capture_default_str();
  app.add_option("--start", options.start_ns, "nanoseconds since 1970")->capture_default_str();
  app.add_option("--interval", interval_seconds, "seconds between steps")->capture_default_str();
  app.add_option("--steps", options.steps)->capture_default_str();
  app.add_option("--seed", options.seed)->capture_default_str();
  app.add_option("--out", path, "file; standard output when absent");
  app.add_flag("--csv", csv, "CSV with a header instead of line protocol");
  CLI11_PARSE(app, argc, argv);
  options.interval_ns = static_cast<int64_t>(interval_seconds * 1e9);

  std::FILE* file = path.empty() ? stdout : std::fopen(path.c_str(), "wb");
  if (file == nullptr) {
    std::perror(path.c_str());
    return 1;
  }
  Generator generator(options);
  std::string block = csv ? Generator::csv_header() : "";
  do {
    if (std::fwrite(block.data(), 1, block.size(), file) != block.size()) {
      std::perror("write");
      return 1;
    }
    block.clear();
  } while (generator.append(csv ? Format::kCsv : Format::kLineProtocol, 8192, block) > 0);
  if (std::fclose(file) != 0) {
    std::perror("close");
    return 1;
  }
  return 0;
}
