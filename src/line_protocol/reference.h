// The parser one reads: byte by byte, a line at a time. It defines what a line means and owns every error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "line_protocol/parser.h"

namespace magnetite::line_protocol {

// Where parsing stands: always in front of a line.
struct Cursor {
  size_t at = 0;
  uint32_t line_number = 1;
};

class Reference {
 public:
  // All must outlive it.
  Reference(std::string_view text, const ParseOptions& options, Cursor& cursor, Batch& batch);

  // Skips blank lines and comments, then appends one line or one error; false at the end of the text.
  bool next();

 private:
  // Where and why a line is refused; the offset is into the whole text.
  struct Refusal {
    size_t offset;
    std::string reason;
  };
  using Step = std::optional<Refusal>;

  bool skip_to_line();
  void refuse(size_t begin, const Refusal& refusal);

  Step parse_line(Line& line);
  Step parse_series(Line& line);
  Step parse_fields(Line& line);
  Step parse_field_key(Field& field);
  Step parse_value(Field& field);
  Step parse_number(Field& field);
  Step parse_string(Field& field);
  Step parse_boolean(Field& field);
  Step parse_timestamp(Line& line);
  Step check_line(const Line& line) const;

  bool at_end() const { return at_ >= text_.size(); }
  bool at_line_end() const;
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  size_t token_end() const;
  size_t next_newline(size_t from) const;
  void count_newlines(size_t begin, size_t end);
  Step refuse_here(std::string reason) const { return Refusal{at_, std::move(reason)}; }

  const std::string_view text_;
  const ParseOptions& options_;
  const int64_t default_time_;
  Cursor& cursor_;
  Batch& batch_;
  size_t at_ = 0;  // inside the line being parsed
};

}  // namespace magnetite::line_protocol
