#include "query/sql/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace magnetite::query::sql {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

// Pieces of a statement: words and numbers, texts in quotes, single other characters. Comments are passed over.
class Tokens {
 public:
  explicit Tokens(std::string_view sql) : rest_(sql) {}

  // Empty at the end.
  std::string_view next() {
    while (skip_space_or_comment()) {
    }
    if (rest_.empty()) return {};
    if (rest_.front() == '\'' || rest_.front() == '"') return take(quoted(rest_.front()));
    if (rest_.front() == '$')
      if (const size_t bytes = dollar_quoted()) return take(bytes);
    if (is_word(rest_.front()))
      return take(static_cast<size_t>(std::ranges::find_if_not(rest_, is_word) - rest_.begin()));
    return take(1);
  }

 private:
  std::string_view take(size_t bytes) {
    const std::string_view token = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return token;
  }
  void drop_through(std::string_view end, size_t from) {
    const size_t at = rest_.find(end, from);
    rest_.remove_prefix(at == rest_.npos ? rest_.size() : at + end.size());
  }
  bool skip_space_or_comment() {
    if (rest_.empty()) return false;
    if (is_space(rest_.front()))
      rest_.remove_prefix(1);
    else if (rest_.starts_with("--"))
      drop_through("\n", 2);
    else if (rest_.starts_with("/*"))
      drop_through("*/", 2);
    else
      return false;
    return true;
  }
  // A doubled quote inside looks like the end of one text and the start of the next, which comes to the same.
  size_t quoted(char quote) const {
    const size_t end = rest_.find(quote, 1);
    return end == rest_.npos ? rest_.size() : end + 1;
  }
  // $$...$$ or $tag$...$tag$; 0: a parameter such as $1.
  size_t dollar_quoted() const {
    const size_t end = rest_.find('$', 1);
    if (end == rest_.npos || !std::ranges::all_of(rest_.substr(1, end - 1), is_word)) return 0;
    const std::string_view tag = rest_.substr(0, end + 1);
    const size_t close = rest_.find(tag, tag.size());
    return close == rest_.npos ? rest_.size() : close + tag.size();
  }
  std::string_view rest_;
};

bool is_one_of(std::string_view word, const auto& words) {
  constexpr size_t kWordMax = 12;
  if (word.size() > kWordMax) return false;
  std::string upper(word);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return std::ranges::contains(words, upper);
}

constexpr std::array<std::string_view, 3> kSetOperations = {"UNION", "INTERSECT", "EXCEPT"};
constexpr std::array<std::string_view, 1> kJoin = {"JOIN"};
constexpr std::array<std::string_view, 1> kFromWord = {"FROM"};
constexpr std::array<std::string_view, 1> kGroupWord = {"GROUP"};
// Begin what is neither a FROM nor a GROUP BY clause, and end a chain of operators.
constexpr std::array<std::string_view, 11> kClauses = {"SELECT", "WHERE",  "HAVING", "ORDER",  "LIMIT",  "OFFSET",
                                                       "UNION",  "EXCEPT", "WINDOW", "VALUES", "QUALIFY"};
constexpr std::array<std::string_view, 1> kOr = {"OR"};
// End a chain of operators, too.
constexpr std::array<std::string_view, 5> kConnectives = {"AND", "OR", "WHEN", "THEN", "ELSE"};
constexpr std::array<std::string_view, 1> kNot = {"NOT"};
constexpr std::array<std::string_view, 1> kMaterialized = {"MATERIALIZED"};
constexpr std::array<std::string_view, 1> kLambda = {"LAMBDA"};
constexpr std::array<std::string_view, 1> kOver = {"OVER"};

class Shape {
 public:
  explicit Shape(const ShapeLimits& limits) : limits_(limits) {}

  Result<> add(std::string_view token) {
    if (++tokens_ > limits_.tokens_max) return too_much("words and signs", limits_.tokens_max);
    const char first = token.front();
    const bool is_name = is_word(first) || first == '"';
    if (first == '.' || first == '[') {
      if (++frames_.back().steps > limits_.steps_max)
        return too_much("steps in one path such as a.b[1].c", limits_.steps_max);
    } else if (is_name ? !after_dot_ : first != '(' && first != ')' && first != ']') {
      frames_.back().steps = 0;
    }
    after_dot_ = first == '.';
    const bool after_not = std::exchange(after_not_, is_word(first) && is_one_of(token, kNot));
    if (after_not && is_word(first) && is_one_of(token, kMaterialized))
      return fail(ErrorCode::kInvalidInput, "AS NOT MATERIALIZED is not available: leave the hint out");
    if (first == '(' || first == '[' || first == '{') {
      return open();
    } else if (first == ')' || first == ']' || first == '}') {
      close();
    } else if (first == ',') {
      operators_ = 0;
      return add_comma();
    } else if (is_word(first)) {
      return add_word(token);
    } else if (first != '\'' && first != '"' && first != '.' && first != ';') {
      return add_operator();
    }
    return {};
  }

 private:
  enum class Clause : uint8_t { kOther, kFrom, kGroup };
  // What is between two brackets.
  struct Frame {
    Clause clause = Clause::kOther;
    bool in_lambda = false;
    size_t steps = 0;  // of the path that is being read
  };

  static std::unexpected<Error> too_much(std::string_view what, size_t limit) {
    return fail(ErrorCode::kInvalidInput, fmt::format("a statement may have {} {}, this one has more", limit, what));
  }
  Result<> open() {
    operators_ = 0;
    // GROUP BY (a, b) is as long a list as GROUP BY a, b.
    frames_.push_back({.clause = frames_.back().clause == Clause::kGroup ? Clause::kGroup : Clause::kOther});
    if (frames_.size() > limits_.depth_max + 1)
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("brackets are nested deeper than {} levels", limits_.depth_max));
    return {};
  }
  void close() {
    operators_ = 0;
    if (frames_.size() == 1) return;
    if (frames_.back().in_lambda) --lambdas_;
    frames_.pop_back();
  }
  Result<> add_comma() {
    if (frames_.back().clause == Clause::kFrom) return add_table();
    if (frames_.back().clause == Clause::kGroup && ++groups_ >= limits_.groups_max)
      return too_much("expressions in GROUP BY", limits_.groups_max);
    return {};
  }
  Result<> add_table() {
    if (++tables_ > limits_.tables_max) return too_much("joined tables", limits_.tables_max);
    return {};
  }
  Result<> add_operator() {
    if (++operators_ > limits_.operators_max) return too_much("operators in one chain", limits_.operators_max);
    return {};
  }
  Result<> add_lambda() {
    if (std::exchange(frames_.back().in_lambda, true)) return {};
    if (++lambdas_ > limits_.lambdas_max) return too_much("lambdas in one another", limits_.lambdas_max);
    return {};
  }
  Result<> add_word(std::string_view word) {
    if (is_one_of(word, kNot)) return add_operator();
    if (is_one_of(word, kJoin)) return add_table();
    if (is_one_of(word, kLambda)) return add_lambda();
    if (is_one_of(word, kOver) && ++windows_ > limits_.windows_max) return too_much("windows", limits_.windows_max);
    if (is_one_of(word, kConnectives)) operators_ = 0;
    if (is_one_of(word, kOr) && ++ors_ > limits_.ors_max) return too_much("OR (IN takes more)", limits_.ors_max);
    if (is_one_of(word, kFromWord)) {
      begin(Clause::kFrom);
    } else if (is_one_of(word, kGroupWord)) {
      begin(Clause::kGroup);
    } else if (is_one_of(word, kClauses)) {
      begin(Clause::kOther);
    }
    if (is_one_of(word, kSetOperations) && ++set_operations_ > limits_.set_operations_max)
      return too_much("set operations (UNION, INTERSECT, EXCEPT)", limits_.set_operations_max);
    return {};
  }
  void begin(Clause clause) {
    operators_ = 0;
    frames_.back().clause = clause;
  }

  const ShapeLimits& limits_;
  size_t tokens_ = 0;
  size_t tables_ = 0;
  size_t set_operations_ = 0;
  size_t groups_ = 0;  // commas of GROUP BY
  size_t windows_ = 0;
  size_t ors_ = 0;
  size_t operators_ = 0;  // since the last comma, bracket or connective
  size_t lambdas_ = 0;    // that are open
  bool after_dot_ = false;
  bool after_not_ = false;
  std::vector<Frame> frames_{Frame{}};
};

}  // namespace

Result<> check_shape(std::string_view sql, const ShapeLimits& limits) {
  if (sql.size() > limits.bytes_max)
    return fail(ErrorCode::kTooLarge,
                fmt::format("a statement may have {} bytes, this one has {}", limits.bytes_max, sql.size()));
  Shape shape(limits);
  Tokens tokens(sql);
  for (std::string_view token = tokens.next(); !token.empty(); token = tokens.next())
    MAGNETITE_RETURN_IF_ERROR(shape.add(token));
  return {};
}

}  // namespace magnetite::query::sql
