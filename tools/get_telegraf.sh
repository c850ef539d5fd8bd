#!/usr/bin/env bash
# Prints the path of a Telegraf with the few plug-ins that the tests need, built on first use and kept in the cache.
set -euo pipefail
readonly version=v1.37.2
readonly tags=custom,inputs.cpu,inputs.mem,inputs.file,outputs.influxdb,outputs.influxdb_v2,outputs.file,parsers.influx,serializers.influx

cache=${MAGNETITE_CACHE_DIR:-$HOME/.cache/magnetite}
folder=$cache/telegraf-$version
mkdir -p "$cache"
exec 9>"$cache/telegraf.lock"
flock -w 1800 9
if [ ! -x "$folder/telegraf" ]; then
  export PATH=$PATH:/usr/local/go/bin
  rm -rf "$folder.new"
  for attempt in 1 2 3; do
    if GOBIN=$folder.new timeout 900 nice go install -tags "$tags" "github.com/influxdata/telegraf/cmd/telegraf@$version" >&2; then
      rm -rf "$folder"
      mv "$folder.new" "$folder"
      break
    fi
    echo "get_telegraf: attempt $attempt failed" >&2
  done
  [ -x "$folder/telegraf" ]
fi
printf '%s\n' "$folder/telegraf"
