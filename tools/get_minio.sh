#!/usr/bin/env bash
# Prints the path of a MinIO, built on first use (some minutes) and kept in the cache.
set -euo pipefail
readonly version=v0.0.0-20260212201848-7aac2a2c5b7c

cache=${MAGNETITE_CACHE_DIR:-$HOME/.cache/magnetite}
folder=$cache/minio-$version
mkdir -p "$cache"
exec 9>"$cache/minio.lock"
flock -w 2400 9
if [ ! -x "$folder/minio" ]; then
  export PATH=$PATH:/usr/local/go/bin
  for attempt in 1 2; do
    rm -rf "$folder.new"
    if GOBIN=$folder.new timeout 1800 nice go install "github.com/minio/minio@$version" >&2; then
      rm -rf "$folder"
      mv "$folder.new" "$folder"
      break
    fi
    echo "get_minio: attempt $attempt failed" >&2
  done
  [ -x "$folder/minio" ]
fi
printf '%s\n' "$folder/minio"
