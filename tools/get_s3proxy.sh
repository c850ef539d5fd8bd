#!/usr/bin/env bash
# Prints the folder with the jars of the S3 server that the tests use, fetched on first use and kept in the cache.
set -euo pipefail
pom=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/tests/support/s3proxy/pom.xml

cache=${MAGNETITE_CACHE_DIR:-$HOME/.cache/magnetite}
folder=$cache/s3proxy-$(sha256sum "$pom" | cut -c1-12)
mkdir -p "$cache"
exec 9>"$cache/s3proxy.lock"
flock -w 900 9
if [ ! -e "$folder/complete" ]; then
  for attempt in 1 2 3; do
    rm -rf "$folder"
    if timeout 300 mvn -q -B -f "$pom" dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$folder" >&2; then
      touch "$folder/complete"
      break
    fi
    echo "get_s3proxy: attempt $attempt failed" >&2
  done
  [ -e "$folder/complete" ]
fi
printf '%s\n' "$folder"
