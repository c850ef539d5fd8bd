#!/usr/bin/env bash
# Prints the path of Debian's influxd (1.x), a peer of benchmarks; unpacked into the cache, not installed.
set -euo pipefail
cache=${MAGNETITE_CACHE_DIR:-$HOME/.cache/magnetite}
folder=$cache/influxdb
mkdir -p "$cache"
exec 9>"$cache/influxdb.lock"
flock -w 300 9
if [ ! -x "$folder/usr/bin/influxd" ]; then
  new=$(mktemp -d "$cache/influxdb.XXXXXX")
  trap 'rm -rf "$new"' EXIT
  (cd "$new" && apt-get download influxdb) >&2
  dpkg-deb -x "$new"/influxdb_*.deb "$new/root"
  mv "$new/root" "$folder"
fi
printf '%s\n' "$folder/usr/bin/influxd"
