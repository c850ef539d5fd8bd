#!/usr/bin/env bash
# Shell scripts through shellcheck, Python files through the compiler.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mapfile -t scripts < <(printf '%s\n' run test .ci/run && find tools tests bench packaging -name '*.sh')
shellcheck -x -S warning "${scripts[@]}"
find tools tests bench -name '*.py' -print0 | xargs -0 -r python3 -c '
import ast, sys
for path in sys.argv[1:]:
    ast.parse(open(path, encoding="utf-8").read(), path)'
