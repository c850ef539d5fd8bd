#!/usr/bin/env bash
# run_pytest.sh NAME FILE [pytest option]...: one file of this folder in the virtual environment. 77 = cannot be had here.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=$1 file=$2
shift 2

if ! python=$("$here/../../tools/python_venv.sh"); then
  echo "SKIPPED: the Python clients of tests/e2e/requirements.txt cannot be installed"
  if [ "${MAGNETITE_REQUIRE_SERVICES:-0}" != 0 ]; then exit 1; fi
  exit 77
fi
options=()
if [ -n "${MAGNETITE_REPORTS:-}" ]; then options+=("--junitxml=$MAGNETITE_REPORTS/$name.xml"); fi
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here/..:$here/../../bench/tsbs
exec "$python" -m pytest -q -rs -p no:cacheprovider "${options[@]}" "$@" "$here/$file"
