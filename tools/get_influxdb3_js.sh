#!/usr/bin/env bash
# Prints the node_modules that hold the JavaScript client, installed on first use and kept in the cache.
set -euo pipefail
readonly version=2.1.0

cache=${MAGNETITE_CACHE_DIR:-$HOME/.cache/magnetite}
folder=$cache/influxdb3_js-$version
mkdir -p "$cache"
exec 9>"$cache/influxdb3_js.lock"
flock -w 900 9
if [ ! -e "$folder/complete" ]; then
  for attempt in 1 2 3; do
    rm -rf "$folder"
    if timeout 300 npm install --no-audit --no-fund --prefix "$folder" "@influxdata/influxdb3-client@$version" >&2; then
      touch "$folder/complete"
      break
    fi
    echo "get_influxdb3_js: attempt $attempt failed" >&2
  done
  [ -e "$folder/complete" ]
fi
printf '%s\n' "$folder/node_modules"
