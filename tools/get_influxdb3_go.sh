#!/usr/bin/env bash
# Prints the path of tests/support/influxdb3_go, built with the client it names on first use and kept in the cache.
set -euo pipefail
readonly version=v2.17.0
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/tests/support/influxdb3_go/main.go

cache=${MAGNETITE_CACHE_DIR:-$HOME/.cache/magnetite}
folder=$cache/influxdb3_go-$version-$(sha256sum "$source" | cut -c1-12)
mkdir -p "$cache"
exec 9>"$cache/influxdb3_go.lock"
flock -w 900 9
if [ ! -x "$folder/round_trip" ]; then
  export PATH=$PATH:/usr/local/go/bin
  for attempt in 1 2 3; do
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "$source" "$folder/"
    if (cd "$folder" && go mod init magnetite.tests/round_trip &&
        go mod edit -require "github.com/InfluxCommunity/influxdb3-go/v2@$version" && timeout 300 go mod tidy &&
        timeout 600 nice go build -o round_trip .) >&2; then
      break
    fi
    echo "get_influxdb3_go: attempt $attempt failed" >&2
  done
  [ -x "$folder/round_trip" ]
fi
printf '%s\n' "$folder/round_trip"
