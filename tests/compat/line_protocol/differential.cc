// Our parser against the crate influxdb-line-protocol 2.0.0, which InfluxDB's IOx engine shipped: the same lines, but
// for the intended differences listed here. Usage: differential PEER_BINARY
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "line_protocol/parser.h"
#include "line_protocol/series_name.h"
#include "line_protocol/testing/cases.h"
#include "line_protocol/testing/describe.h"
#include "line_protocol/utf8.h"

namespace magnetite::line_protocol {
namespace {

// Forms of the table where the two differ, and why ours does.
struct Intended {
  std::string_view text;
  std::string_view why;
};
constexpr std::string_view kBlankAtEnd = "blanks at the end of a line without timestamp are harmless";
constexpr std::string_view kWindows = "Windows line ends are accepted";
constexpr std::string_view kTime = "'time' is the timestamp's column";
constexpr std::string_view kComma = "a comma promises another field";
constexpr std::string_view kInfinite = "no infinity by overflow";
constexpr std::string_view kResume = "parsing resumes at the next newline after an error";
constexpr std::string_view kComment = "a comment ends at its newline, whatever quotes it holds";
constexpr Intended kIntended[] = {
    {"m x=1 ", kBlankAtEnd},
    {"m x=1 5\r\n", kWindows},
    {"m x=1\r\n\r\nn y=2i 6  \r\nz q=t 1\r", kWindows},
    {"\n\n \t\n\r\n", kWindows},
    {"#c x=\"\nm x=1i 5\n # \"\nn y=1i 6\n#", kComment},
    {"m time=1i", kTime},
    {"m x=1,", kComma},
    {"m x=1, 5", kComma},
    {"m x=1e999", kInfinite},
    {"m x=\"abc 5\nn y=1", kResume},
    {"m x=\"abc\\\" 5\nn y=1", kResume},
};

struct Outcome {
  std::string json;  // as the peer prints it
  std::vector<std::string> reasons;
  // The peer finds the ends of lines by counting '=' and ',' behind the first blank. A blank in front of the line, or a
  // comma or quote in a field key, mislead it as soon as quotes occur.
  bool peer_miscuts = false;
};

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", c);
    else
      out += c;
  }
  return out + '"';
}

std::string field_json(const Batch& batch, const Field& field) {
  std::string out =
      fmt::format("[{},\"{}\",", json_text(unescaped(field.key.in(batch.text), Escapes::kKey)), to_string(field.type));
  switch (field.type) {
    case FieldType::kFloat:
      return out + fmt::format("{}]", std::bit_cast<uint64_t>(field.float_value));
    case FieldType::kInteger:
      return out + fmt::format("{}]", field.integer_value);
    case FieldType::kUnsigned:
      return out + fmt::format("{}]", field.unsigned_value);
    case FieldType::kBoolean:
      return out + fmt::format("{}]", field.boolean_value);
    case FieldType::kString:
      break;
  }
  return out + json_text(unescaped(field.string_value.in(batch.text), Escapes::kString)) + ']';
}

std::string line_json(const Batch& batch, const Line& line, const SeriesName& name) {
  std::string tags, fields;
  for (const Tag& tag : name.tags)
    tags += fmt::format("{}[{},{}]", tags.empty() ? "" : ",", json_text(tag.key), json_text(tag.value));
  for (uint32_t i = 0; i < line.field_count; ++i)
    fields += (i == 0 ? "" : ",") + field_json(batch, batch.fields[line.field_first + i]);
  const std::string time = line.has_timestamp ? fmt::to_string(line.timestamp) : "null";
  return fmt::format("{{\"m\":{},\"t\":[{}],\"f\":[{}],\"at\":{}}}", json_text(name.measurement), tags, fields, time);
}

Outcome ours(std::string_view text) {
  Batch batch;
  parse(text, {}, batch);
  Outcome outcome;
  std::map<uint32_t, std::string> by_line;
  for (const LineError& error : batch.errors) {
    by_line[error.line_number] = "null";
    outcome.reasons.push_back(error.message);
  }
  for (const Line& line : batch.lines) {
    const auto name = split_series(line.series.in(text), 64 * 1024);
    by_line[line.number] = name ? line_json(batch, line, *name) : "null";
    if (!name) outcome.reasons.emplace_back(name.error().message());
  }
  outcome.peer_miscuts = text.contains('"') && text.starts_with(' ');
  for (const Field& field : batch.fields)
    outcome.peer_miscuts |= text.contains('"') && field.key.in(text).find_first_of(",\"") != std::string_view::npos;
  for (const auto& [number, json] : by_line) outcome.json += (outcome.json.empty() ? "" : ",") + json;
  outcome.json = '[' + outcome.json + ']';
  return outcome;
}

std::vector<std::string> theirs(const std::string& peer, const std::vector<std::string>& texts) {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("line_protocol_{}", std::random_device()());
  std::filesystem::create_directories(folder);
  {
    std::ofstream in(folder / "in", std::ios::binary);
    for (const std::string& text : texts) in << text << '\0';
  }
  const std::string command =
      fmt::format("'{}' < '{}' > '{}'", peer, (folder / "in").string(), (folder / "out").string());
  if (std::system(command.c_str()) != 0) {
    fmt::println(stderr, "the peer failed: {}", command);
    std::exit(1);
  }
  std::vector<std::string> lines;
  std::ifstream out(folder / "out", std::ios::binary);
  for (std::string line; std::getline(out, line);) lines.push_back(line);
  out.close();
  std::filesystem::remove_all(folder);
  return lines;
}

// For texts of one line: may ours be `our` although the peer says `their`? Two accepted lines must never differ.
bool intended(std::string_view text, const Outcome& our, std::string_view their) {
  // An error in front of a string's newline ends at that newline for us, and what follows is another line.
  if (text.contains('\n') && (!our.reasons.empty() || our.peer_miscuts)) return true;
  if (their == "[null]") {
    const std::string_view bare = text.substr(0, text.find_last_not_of(" \r") + 1);
    return our.json != "[null]" && bare.size() < text.size() && ours(bare).json == our.json;
  }
  if (our.reasons.size() != 1 || our.json != "[null]") return false;
  const std::string& reason = our.reasons.front();
  return reason.ends_with("occurs twice") || reason.starts_with("'time' is the timestamp's name") ||
         (reason.starts_with("float value") && reason.ends_with("is out of range")) ||
         (reason == "a field must be key=value" && text.contains(','));
}

bool usable(std::string_view text) { return find_invalid_utf8(text) == std::string_view::npos && !text.contains('\0'); }

// One line from the pieces of many, then spoiled a little.
std::string generate_line(std::mt19937_64& random) {
  const auto pick = [&](std::initializer_list<const char*> list) {
    return std::string(list.begin()[random() % list.size()]);
  };
  const auto token = [&] {
    std::string text;
    for (size_t i = 1 + random() % 4; i > 0; --i)
      text += pick({"a", "b", "cpu", "x1", "\\,", "\\=", "\\ ", "\\\\", "\\n", "\"", "\u00fc", "-", "time", "#", "."});
    return text + pick({"", "z"});
  };
  std::string line = pick({"", "", "", " ", "\t"}) + token();
  for (size_t i = random() % 4; i > 0; --i) line += ',' + token() + '=' + token();
  line += pick({" ", " ", " ", "  ", "\t"});
  for (size_t i = 1 + random() % 3; i > 0; --i) {
    line += token() + '=';
    line += pick({"1",
                  "-1.5",
                  "2.50",
                  "1e5",
                  "-1E-5",
                  "3e+2",
                  "1.7976931348623157e308",
                  "123456789012345678901",
                  "5i",
                  "-9223372036854775808i",
                  "9223372036854775808i",
                  "7u",
                  "18446744073709551615u",
                  "t",
                  "FALSE",
                  "True",
                  "\"\"",
                  "\"a b\"",
                  "\"a\\\"b\\\\\"",
                  "\"\\n, =\"",
                  "\"x\ny\"",
                  "0.1",
                  "007",
                  "1e400",
                  "1e-400",
                  "\"",
                  "4.9e-324",
                  "2.2250738585072011e-308",
                  "0.30000000000000004",
                  "9007199254740993"});
    if (i > 1 || random() % 30 == 0) line += ',';
  }
  line += pick({"", "", " ", " 5", " 5 ", " -1", " 9223372036854775807", " 1700000000000000000", " x", "\r"});
  const std::string_view spoil(" ,=\"\\#ait1.-e\r", 14);
  if (random() % 3 == 0) {
    const size_t at = random() % line.size();
    if (line[at] != '\n' && (line[at] & 0x80) == 0) line[at] = spoil[random() % spoil.size()];
  }
  return line;
}

class Report {
 public:
  void wrong(std::string_view text, std::string_view our, std::string_view their) {
    if (++wrong_ <= 3) fmt::println("DIFFERENT {}\n  ours   {}\n  theirs {}", json_text(text), our, their);
  }
  int finish(size_t texts, size_t differences) const {
    fmt::println("{} texts, {} intended differences, {} others", texts, differences, wrong_);
    return wrong_ == 0 ? 0 : 1;
  }

 private:
  size_t wrong_ = 0;
};

int compare(const std::string& peer) {
  Report report;
  size_t differences = 0;

  std::vector<std::string> table;
  for (const Case& example : kCases)
    if (usable(example.text)) table.emplace_back(example.text);
  const auto table_peer = theirs(peer, table);
  for (size_t i = 0; i < table.size(); ++i) {
    const std::string our = ours(table[i]).json;
    const bool listed = std::ranges::contains(kIntended, table[i], &Intended::text);
    if (listed == (our == table_peer.at(i))) report.wrong(table[i], our, table_peer[i]);
    differences += listed ? 1 : 0;
  }

  std::mt19937_64 random(2021);
  std::vector<std::string> lines;
  while (lines.size() < 40'000)
    if (std::string line = generate_line(random); usable(line)) lines.push_back(std::move(line));
  const auto lines_peer = theirs(peer, lines);
  size_t accepted = 0;
  std::vector<std::string> agreed;
  for (size_t i = 0; i < lines.size(); ++i) {
    const Outcome our = ours(lines[i]);
    if (our.json == lines_peer.at(i)) {
      accepted += our.json.contains("\"m\"") ? 1 : 0;
      if (our.reasons.empty() && our.json != "[]" && !our.peer_miscuts) agreed.push_back(lines[i]);
    } else if (intended(lines[i], our, lines_peer[i])) {
      ++differences;
    } else {
      report.wrong(lines[i], our.json, lines_peer[i]);
    }
  }

  // What both accept alone, they accept together: this compares how bodies are cut into lines.
  std::vector<std::string> bodies;
  for (size_t i = 0; i < 4'000; ++i) {
    std::string body;
    for (size_t k = 1 + random() % 12; k > 0; --k) {
      body += random() % 12 == 0   ? "# a comment"
              : random() % 12 == 0 ? ""
              : random() % 12 == 0 ? "bad"
                                   : agreed[random() % agreed.size()];
      body += '\n';
    }
    bodies.push_back(std::move(body));
  }
  const auto bodies_peer = theirs(peer, bodies);
  for (size_t i = 0; i < bodies.size(); ++i)
    if (const std::string our = ours(bodies[i]).json; our != bodies_peer.at(i))
      report.wrong(bodies[i], our, bodies_peer[i]);
  fmt::println("{} of {} generated lines are accepted by both", accepted, lines.size());
  return report.finish(table.size() + lines.size() + bodies.size(), differences);
}

}  // namespace
}  // namespace magnetite::line_protocol

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::println(stderr, "usage: {} PEER_BINARY", argv[0]);
    return 2;
  }
  return magnetite::line_protocol::compare(argv[1]);
}
