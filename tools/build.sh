#!/usr/bin/env bash
# tools/build.sh PRESET [TARGET...]: configures on first use (Ninja does it again when needed) and builds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=$1
shift
if [ ! -e "build/$preset/build.ninja" ]; then cmake --preset "$preset" >&2; fi
targets=()
for target in "$@"; do targets+=(--target "$target"); done
cmake --build --preset "$preset" "${targets[@]}"
