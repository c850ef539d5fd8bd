#!/usr/bin/env bash
# Builds the Debian package of the committed tree: packaging/build_deb.sh [dpkg-buildpackage option]...
# Needs the packages of tools/packages.txt (build), debhelper and dpkg-dev. Leaves its files in build/packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tree=build/packages/magnetite
rm -rf "$tree"
mkdir -p "$tree"
git archive HEAD | tar -x -C "$tree"
cp -r packaging/debian "$tree/debian"
cp packaging/magnetite.service packaging/magnetite.sysusers "$tree/debian"
awk '
  NR == FNR {
    if ($0 ~ /^#/ || NF == 0) next
    if ($0 ~ /^\[/) { inside = ($0 == "[build]"); next }
    if (inside && $1 !~ /^(g\+\+-|ccache$)/)
      wanted = wanted sprintf("               %s%s,\n", $1, NF > 1 ? " (>= " $2 "~)" : "")
    else if (inside && $1 ~ /^g\+\+-/) wanted = wanted sprintf("               %s,\n", $1)
    next
  }
  /@BUILD_DEPENDS@/ { printf "%s", wanted; next }
  { print }' tools/packages.txt packaging/debian/control >"$tree/debian/control"
cd "$tree"
dpkg-buildpackage -b -us -uc "$@"
