#include "query/sql/names.h"

#include <algorithm>
#include <unordered_set>

namespace magnetite::query::sql {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string folded(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

}  // namespace

bool equal_without_case(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

std::vector<std::string> sql_names(const std::vector<std::string>& names) {
  std::unordered_set<std::string> real;  // a suffixed name must not hide somebody's own
  for (const std::string& name : names) real.insert(folded(name));
  std::unordered_set<std::string> taken;
  std::vector<std::string> result;
  result.reserve(names.size());
  for (const std::string& name : names) {
    std::string candidate = name;
    for (int n = 2; taken.contains(folded(candidate)) || (n > 2 && real.contains(folded(candidate))); ++n)
      candidate = name + "$" + std::to_string(n);
    taken.insert(folded(candidate));
    result.push_back(std::move(candidate));
  }
  return result;
}

}  // namespace magnetite::query::sql
