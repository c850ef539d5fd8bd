#!/usr/bin/env bash
# fetch_jars.sh NAME: prints the folder with the jars that tests/support/NAME/pom.xml asks for, fetched on first use and
# kept in the cache.
set -euo pipefail
name=$1
pom=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/tests/support/$name/pom.xml

cache=${MAGNETITE_CACHE_DIR:-$HOME/.cache/magnetite}
folder=$cache/$name-$(sha256sum "$pom" | cut -c1-12)
mkdir -p "$cache"
exec 9>"$cache/$name.lock"
flock -w 900 9
if [ ! -e "$folder/complete" ]; then
  for attempt in 1 2 3; do
    rm -rf "$folder"
    if timeout 300 mvn -q -B -f "$pom" dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$folder" >&2; then
      touch "$folder/complete"
      break
    fi
    echo "fetch_jars: attempt $attempt for $name failed" >&2
  done
  [ -e "$folder/complete" ]
fi
printf '%s\n' "$folder"
