#!/usr/bin/env bash
# Prints the Python of a virtual environment with tests/e2e/requirements.txt, made on first use and kept in the cache.
set -euo pipefail
requirements=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/tests/e2e/requirements.txt

cache=${MAGNETITE_CACHE_DIR:-$HOME/.cache/magnetite}
key=$({ /usr/bin/python3 --version && cat "$requirements"; } | sha256sum | cut -c1-12)
venv=$cache/venv-$key
mkdir -p "$cache"
exec 9>"$cache/venv.lock"
flock -w 900 9
if [ ! -e "$venv/complete" ]; then
  rm -rf "$venv"
  /usr/bin/python3 -m venv "$venv" >&2
  for attempt in 1 2 3; do
    if timeout 600 "$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$requirements" >&2; then
      touch "$venv/complete"
      break
    fi
    echo "python_venv: attempt $attempt failed" >&2
  done
  [ -e "$venv/complete" ]
fi
printf '%s\n' "$venv/bin/python"
