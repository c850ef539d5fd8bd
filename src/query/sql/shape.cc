#include "query/sql/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
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
  constexpr size_t kWordMax = 9;
  if (word.size() > kWordMax) return false;
  std::string upper(word);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return std::ranges::contains(words, upper);
}

constexpr std::array<std::string_view, 3> kSetOperations = {"UNION", "INTERSECT", "EXCEPT"};
constexpr std::array<std::string_view, 1> kJoin = {"JOIN"};
constexpr std::array<std::string_view, 1> kFrom = {"FROM"};
// End a FROM clause, and a chain of operators.
constexpr std::array<std::string_view, 12> kClauses = {"SELECT", "WHERE", "GROUP",  "HAVING", "ORDER",  "LIMIT",
                                                       "OFFSET", "UNION", "EXCEPT", "WINDOW", "VALUES", "QUALIFY"};
constexpr std::array<std::string_view, 2> kConnectives = {"AND", "OR"};
constexpr std::array<std::string_view, 1> kNot = {"NOT"};

class Shape {
 public:
  explicit Shape(const ShapeLimits& limits) : limits_(limits) {}

  Result<> add(std::string_view token) {
    if (++tokens_ > limits_.tokens_max) return too_much("words and signs", limits_.tokens_max);
    const char first = token.front();
    if (first == '(' || first == '[' || first == '{') {
      operators_ = 0;
      in_from_.push_back(false);
      if (in_from_.size() > limits_.depth_max + 1)
        return fail(ErrorCode::kInvalidInput,
                    fmt::format("brackets are nested deeper than {} levels", limits_.depth_max));
    } else if (first == ')' || first == ']' || first == '}') {
      operators_ = 0;
      if (in_from_.size() > 1) in_from_.pop_back();
    } else if (first == ',') {
      operators_ = 0;
      if (in_from_.back()) return add_table();
    } else if (is_word(first)) {
      return add_word(token);
    } else if (first != '\'' && first != '"' && first != '.' && first != ';') {
      return add_operator();
    }
    return {};
  }

 private:
  static std::unexpected<Error> too_much(std::string_view what, size_t limit) {
    return fail(ErrorCode::kInvalidInput, fmt::format("a statement may have {} {}, this one has more", limit, what));
  }
  Result<> add_table() {
    if (++tables_ > limits_.tables_max) return too_much("joined tables", limits_.tables_max);
    return {};
  }
  Result<> add_operator() {
    if (++operators_ > limits_.operators_max) return too_much("operators in one chain", limits_.operators_max);
    return {};
  }
  Result<> add_word(std::string_view word) {
    if (is_one_of(word, kNot)) return add_operator();
    if (is_one_of(word, kJoin)) return add_table();
    if (is_one_of(word, kConnectives)) operators_ = 0;
    if (is_one_of(word, kFrom)) {
      operators_ = 0;
      in_from_.back() = true;
    } else if (is_one_of(word, kClauses)) {
      operators_ = 0;
      in_from_.back() = false;
    }
    if (is_one_of(word, kSetOperations) && ++set_operations_ > limits_.set_operations_max)
      return too_much("set operations (UNION, INTERSECT, EXCEPT)", limits_.set_operations_max);
    return {};
  }

  const ShapeLimits& limits_;
  size_t tokens_ = 0;
  size_t tables_ = 0;
  size_t set_operations_ = 0;
  size_t operators_ = 0;                 // since the last comma, bracket or connective
  std::vector<bool> in_from_ = {false};  // by depth of brackets
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
