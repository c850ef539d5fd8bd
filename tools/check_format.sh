#!/usr/bin/env bash
# Fails where clang-format would change a file; `tools/check_format.sh --fix` changes it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mode=(--dry-run -Werror)
if [ "${1:-}" = --fix ]; then mode=(-i); fi
find src tests bench fuzz \( -name '*.cc' -o -name '*.h' \) -print0 | xargs -0 -r -n 20 -P "$(nproc)" clang-format-21 "${mode[@]}"
