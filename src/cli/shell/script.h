// The shell without a terminal: statements one after the other, until one fails.
#pragma once

#include <cstdio>
#include <string>

#include "base/result.h"

namespace magnetite::cli::shell {

class Session;

// The last statement needs no semicolon. Statements of more than 64 MiB are kTooLarge.
Result<> run_script(Session& session, std::FILE* statements);
Result<> run_text(Session& session, std::string statements);

}  // namespace magnetite::cli::shell
