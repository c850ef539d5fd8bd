#!/usr/bin/env bash
# The full TSBS run: loads 4,000 hosts over HOURS (default 6: 8.6 M rows), kills the server with -9, restarts it, compares
# every statement's answer with DuckDB's on the same rows, times both, and writes the figures to bench/RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

hosts=${HOSTS:-4000}
hours=${HOURS:-6}
connections=${CONNECTIONS:-2}
build=${BUILD:-build/release}
work=$(mktemp -d "${TMPDIR:-/tmp}/magnetite-tsbs.XXXXXX")
PYTHONPATH=tests:bench/tsbs exec "$(tools/python_venv.sh)" bench/tsbs/full_run.py \
  --hosts "$hosts" --hours "$hours" --connections "$connections" --build "$build" --work "$work"
