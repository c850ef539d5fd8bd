#include "cli/shell/candidates.h"

#include <algorithm>
#include <array>
#include <set>

#include "cli/shell/statements.h"

namespace magnetite::cli::shell {
namespace {

constexpr auto kKeywords = std::to_array<std::string_view>({
    "ALL",       "AND",        "ANY",       "AS",       "ASC",       "ASOF",   "BETWEEN",
    "BY",        "CASE",       "CAST",      "COALESCE", "COUNT",     "CROSS",  "CURRENT_TIMESTAMP",
    "DATE_BIN",  "DATE_TRUNC", "DESC",      "DESCRIBE", "DISTINCT",  "ELSE",   "END",
    "EXCEPT",    "EXISTS",     "EXPLAIN",   "EXTRACT",  "FALSE",     "FILTER", "FIRST",
    "FOLLOWING", "FROM",       "FULL",      "GROUP",    "HAVING",    "ILIKE",  "IN",
    "INNER",     "INTERSECT",  "INTERVAL",  "IS",       "JOIN",      "LAST",   "LATERAL",
    "LEFT",      "LIKE",       "LIMIT",     "MAX",      "MEAN",      "MEDIAN", "MIN",
    "NATURAL",   "NOT",        "NOW",       "NULL",     "NULLS",     "OFFSET", "ON",
    "OR",        "ORDER",      "OUTER",     "OVER",     "PARTITION", "PIVOT",  "PRECEDING",
    "QUALIFY",   "RANGE",      "RECURSIVE", "RIGHT",    "ROWS",      "SELECT", "SHOW",
    "SUM",       "TABLES",     "THEN",      "TRUE",     "UNBOUNDED", "UNION",  "USING",
    "VALUES",    "WHEN",       "WHERE",     "WINDOW",   "WITH",
});
static_assert(std::ranges::is_sorted(kKeywords));
constexpr auto kBeginnings = std::to_array<std::string_view>(
    {"SELECT", "WITH", "SHOW", "DESCRIBE", "EXPLAIN", "USE", "SET", "OBSERVER", "HELP", "EXIT", "QUIT"});

struct Word {
  std::string text = {};  // quoted names without their quotes
  size_t begin = 0;       // in the text
  size_t end = 0;
  PieceKind kind = PieceKind::kOther;
};

std::string bare(std::string_view name) {
  if (!name.starts_with('"')) return std::string(name);
  name.remove_prefix(1);
  if (name.ends_with('"')) name.remove_suffix(1);
  return std::string(name);
}

// Pieces without blanks and comments; false: the cursor stands in a string or a comment.
bool read_words(std::string_view text, std::vector<Word>& words) {
  for (size_t i = 0; i < text.size();) {
    const Piece piece = piece_at(text, i);
    if (!piece.is_closed && piece.kind != PieceKind::kQuotedName) return false;
    if (piece.kind != PieceKind::kBlank && piece.kind != PieceKind::kComment)
      words.push_back({bare(text.substr(i, piece.end - i)), i, piece.end, piece.kind});
    i = piece.end;
  }
  return true;
}

bool has_prefix(std::string_view word, std::string_view prefix) {
  return word.size() >= prefix.size() && equal_words(word.substr(0, prefix.size()), prefix);
}

class Collector {
 public:
  explicit Collector(std::string_view prefix)
      : prefix_(prefix), is_lower_(!prefix.empty() && lower(prefix) == prefix) {}

  template <class Words>
  void add_keywords(const Words& words) {
    for (const std::string_view word : words)
      if (has_prefix(word, prefix_)) found_.insert(is_lower_ ? lower(word) : std::string(word));
  }
  template <class Texts>
  void add_names(const Texts& texts) {
    for (const std::string& name : texts)
      if (has_prefix(name, prefix_)) found_.insert(quoted_name(name));
  }
  void add_tables(const Names& names) {
    for (const auto& [table, columns] : names.tables)
      if (has_prefix(table, prefix_)) found_.insert(quoted_name(table));
  }
  std::vector<std::string> found() const { return {found_.begin(), found_.end()}; }

 private:
  const std::string prefix_;
  const bool is_lower_;  // then keywords are too
  std::set<std::string> found_;
};

bool is_one_of(const std::string& word, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view each) { return equal_words(word, each); });
}

// The columns that the statement's tables have; of all tables when it names none yet.
void add_columns(const std::vector<Word>& words, const Names& names, Collector& collector) {
  bool is_any_named = false;
  for (const Word& word : words)
    if (const auto table = names.tables.find(word.text); table != names.tables.end()) {
      collector.add_names(table->second);
      is_any_named = true;
    }
  if (is_any_named) return;
  for (const auto& [table, columns] : names.tables) collector.add_names(columns);
}

}  // namespace

bool is_keyword(std::string_view word) {
  const std::string up = upper(word);
  return std::ranges::binary_search(kKeywords, std::string_view(up)) ||
         std::ranges::contains(kBeginnings, std::string_view(up));
}

Candidates candidates(std::string_view before, const Names& names) {
  std::vector<Word> words;
  if (!read_words(before, words)) return {};
  // The word that is being typed touches the cursor.
  Word typed{.text = "", .begin = before.size(), .end = before.size()};
  const auto is_name = [](const Word& word) {
    return word.kind == PieceKind::kWord || word.kind == PieceKind::kQuotedName;
  };
  if (!words.empty() && is_name(words.back()) && words.back().end == before.size()) {
    typed = words.back();
    words.pop_back();
  }
  Collector collector(typed.text);
  const auto back = [&](size_t i) { return words.size() > i ? words[words.size() - 1 - i].text : std::string(); };
  const bool is_first = words.size() == 1;
  if (words.empty()) {
    collector.add_keywords(kBeginnings);
  } else if (is_first && equal_words(back(0), "use")) {
    collector.add_names(names.databases);
    collector.add_keywords(std::array<std::string_view, 1>{"DATABASE"});
  } else if (words.size() == 2 && equal_words(back(1), "use") && equal_words(back(0), "database")) {
    collector.add_names(names.databases);
  } else if (words.size() == 2 && back(1) == "\\" && back(0) == "c") {
    collector.add_names(names.databases);
  } else if (words.size() == 2 && back(1) == "\\" && back(0) == "d") {
    collector.add_tables(names);
  } else if (is_first && equal_words(back(0), "set")) {
    collector.add_keywords(std::array<std::string_view, 2>{"FORMAT", "TIMING"});
  } else if (words.size() == 2 && equal_words(back(1), "set") && equal_words(back(0), "format")) {
    collector.add_names(std::array<std::string, 4>{"csv", "json", "jsonl", "pretty"});
  } else if (words.size() == 2 && equal_words(back(1), "set") && equal_words(back(0), "timing")) {
    collector.add_names(std::array<std::string, 2>{"off", "on"});
  } else if (is_first && equal_words(back(0), "show")) {
    collector.add_keywords(std::array<std::string_view, 2>{"DATABASES", "TABLES"});
  } else if (is_one_of(back(0), {"from", "join", "describe"})) {
    collector.add_tables(names);
  } else if (back(0) == "." && names.tables.contains(back(1))) {
    collector.add_names(names.tables.at(back(1)));
  } else {
    add_columns(words, names, collector);
    collector.add_tables(names);
    collector.add_keywords(kKeywords);
  }
  return {before.size() - typed.begin, collector.found()};
}

}  // namespace magnetite::cli::shell
