#include "cli/text_table.h"

#include <algorithm>

namespace magnetite::cli {

std::string text_table(const std::vector<std::vector<std::string>>& rows) {
  if (rows.empty()) return {};
  std::vector<size_t> widths(rows.front().size());
  for (const auto& row : rows)
    for (size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string rule;
  for (const size_t width : widths) rule += '+' + std::string(width + 2, '-');
  rule += '+';
  std::string text = rule + '\n';
  for (const auto& row : rows) {
    for (size_t i = 0; i < widths.size(); ++i) text += "| " + row[i] + std::string(widths[i] - row[i].size() + 1, ' ');
    text += "|\n";
    if (&row == &rows.front()) text += rule + '\n';
  }
  return text + rule;
}

}  // namespace magnetite::cli
