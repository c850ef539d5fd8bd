#!/usr/bin/env bash
# tools/tidy.sh [FILE...]: clang's warnings and clang-tidy's checks (.clang-tidy) over the given sources, or over all.
# Reads every file once with clang 21, so that it also tells what a clang build would complain about.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ ! -e build/clang/build.ninja ]; then cmake --preset clang >&2; fi
cmake --build --preset clang --target magnetite_generated >&2
files=("$@")
if [ $# = 0 ]; then
  mapfile -t files < <(git ls-files 'src/*.cc' 'tests/*.cc' 'bench/*.cc')
fi
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "${TIDY_JOBS:-$(nproc)}" \
  clang-tidy-21 -p build/clang --quiet --extra-arg=-Wno-unknown-warning-option
