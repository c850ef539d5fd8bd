#!/usr/bin/env bash
# What files cost: writing, merging and reading Parquet images, with DuckDB writing and reading the same rows beside it,
# and a catalog of 100,000 files. Replaces its part of bench/RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=${BUILD:-build/release}
work=$(mktemp -d "${TMPDIR:-/tmp}/magnetite-files.XXXXXX")
trap 'rm -rf "$work"' EXIT
PYTHONPATH=tests:bench/tsbs MAGNETITE_BINARY=$build/bin/magnetite "$(tools/python_venv.sh)" bench/tsbs/files_run.py \
  --build "$build" --work "$work"
