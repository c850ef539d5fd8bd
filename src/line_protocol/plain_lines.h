// The fast path: well-formed lines, found with vector instructions.
#pragma once

#include <string_view>

#include "line_protocol/reference.h"

namespace magnetite::line_protocol {

// Appends lines from `cursor` on. Stops in front of the first one it leaves to Reference: anything it would refuse,
// blank lines, comments, forms too rare to pay for, and whatever is too near to the end of the text for whole vectors.
void take_plain_lines(std::string_view text, const ParseOptions& options, Cursor& cursor, Batch& batch);

}  // namespace magnetite::line_protocol
