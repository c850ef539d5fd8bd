#!/usr/bin/env bash
# run.sh DIFFERENTIAL_BINARY: builds the Rust peer and compares. Exit code 77 without cargo, unless
# MAGNETITE_REQUIRE_SERVICES=1 asks for a failure. The build goes to MAGNETITE_CACHE_DIR (default ~/.cache/magnetite).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
differential=$1
if ! command -v cargo >/dev/null; then
  if [ "${MAGNETITE_REQUIRE_SERVICES:-0}" = 1 ]; then
    echo "cargo is missing, and MAGNETITE_REQUIRE_SERVICES=1 requires it" >&2
    exit 1
  fi
  echo "SKIP: cargo is missing, so line protocol is not compared with the crate influxdb-line-protocol"
  exit 77
fi
target=${MAGNETITE_CACHE_DIR:-$HOME/.cache/magnetite}/line_protocol_peer
cargo build --quiet --release --locked --manifest-path "$here/Cargo.toml" --target-dir "$target"
exec "$differential" "$target/release/line_protocol_peer"
