#!/usr/bin/env bash
# Installs the Debian packages of tools/packages.txt that are missing: tools/setup.sh [--yes] SECTION...
# Where this Debian's own packages are too old, the testing suite named below is added beside it, pinned low.
set -euo pipefail

readonly suite=forky
readonly source_file=/etc/apt/sources.list.d/magnetite-$suite.sources
readonly pin_file=/etc/apt/preferences.d/magnetite-$suite
readonly go_needed=1.25
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { printf 'setup: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# Prints "name version" of each package in the given sections; the version is 0 where any will do.
wanted_packages() {
  awk -v sections=" $* " '
    /^#/ || NF == 0 { next }
    /^\[/ { name = substr($1, 2, length($1) - 2); inside = index(sections, " " name " ") > 0; next }
    inside { print $1, (NF > 1 ? $2 : "0") }' "$here/packages.txt"
}

go_is_new_enough() {
  local found
  found=$(PATH=$PATH:/usr/local/go/bin go env GOVERSION 2>/dev/null) || return 1
  found=${found#go}
  [ "$(printf '%s\n' "$go_needed" "$found" | sort -V | head -n 1)" = "$go_needed" ]
}

at_least() { [ "$2" = 0 ] || dpkg --compare-versions "$1" ge "$2"; }

# Reads "name version" lines; prints the names that are not installed or too old.
missing_packages() {
  local names=() needed=() name version status
  while read -r name version; do
    names+=("$name")
    needed+=("$version")
  done
  local -A installed=()
  while read -r name version status; do
    [ "$status" = installed ] && installed[$name]=$version
  done < <(dpkg-query -W -f='${Package} ${Version} ${db:Status-Status}\n' "${names[@]}" 2>/dev/null || true)
  local i
  for i in "${!names[@]}"; do
    name=${names[$i]}
    if [ -n "${installed[$name]:-}" ] && at_least "${installed[$name]}" "${needed[$i]}"; then continue; fi
    if [ "$name" = golang-go ] && go_is_new_enough; then continue; fi
    printf '%s %s\n' "$name" "${needed[$i]}"
  done
}

# candidates_suffice [apt option]... : whether apt would pick new enough versions of the "name version" lines on stdin.
candidates_suffice() {
  local -A candidate=()
  local lines name version
  lines=$(cat)
  while read -r name version; do
    candidate[${name%:}]=$version
  done < <(printf '%s\n' "$lines" | cut -d' ' -f1 | LC_ALL=C xargs apt-cache "$@" policy |
    awk '/^[^ ]/ { name = $1 } /^ *Candidate:/ { print name, $2 }')
  while read -r name version; do
    case ${candidate[$name]:-(none)} in "(none)") return 1 ;; esac
    at_least "${candidate[$name]}" "$version" || return 1
  done <<<"$lines"
}

apt_sources() { apt-get indextargets --format '$(ORIGIN)|$(CODENAME)|$(REPO_URI)' 'Created-By: Packages' | sort -u; }

# The repository this machine already uses for Debian itself (not its updates or security branch).
debian_uri() {
  apt_sources | awk -F'|' '$1 == "Debian" && $2 !~ /-/ && $2 != "" { print $3; exit }'
}

add_suite() {
  local uri key
  uri=$(debian_uri)
  [ -n "$uri" ] || die "no Debian source in the apt configuration, so nowhere to take the $suite suite from"
  if ! apt_sources | grep -q "^Debian|$suite|"; then
    key=$(find /usr/share/keyrings -name 'debian-archive-keyring.*' 2>/dev/null | sort | head -n 1)
    {
      printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$uri" "$suite"
      [ -z "$key" ] || printf 'Signed-By: %s\n' "$key"
    } | "${as_root[@]}" tee "$source_file" >/dev/null
    printf 'Package: *\nPin: release n=%s\nPin-Priority: 100\n' "$suite" | "${as_root[@]}" tee "$pin_file" >/dev/null
    if ! apt_get update -q; then
      "${as_root[@]}" rm -f "$source_file" "$pin_file"
      die "the $suite suite cannot be read from this machine's Debian source; the apt configuration is as it was"
    fi
  fi
}

apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a apt-get -o DPkg::Lock::Timeout=120 \
    -o Dpkg::Options::=--force-overwrite -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

# The testing suite brings a newer libc and OpenSSL along; nobody should learn that afterwards.
confirm_libc() {
  local installed candidate answer
  installed=$(dpkg-query -W -f='${Version}' libc6)
  candidate=$(LC_ALL=C apt-cache -t "$suite" policy libc6 | awk '/Candidate:/ { print $2 }')
  dpkg --compare-versions "$candidate" gt "$installed" || return 0
  say "this Debian's own packages are too old: taking them from $suite, pinned low."
  say "libc ($installed -> $candidate) and OpenSSL of this machine are replaced by that."
  if [ "$yes" = 0 ] && [ -t 0 ]; then
    read -r -p "Go on? [y/N] " answer
    case $answer in [yY]*) ;; *) die "nothing was changed" ;; esac
  fi
}

# An sshd that meets another OpenSSL than it was built for refuses to start.
installed_openssh() {
  dpkg-query -W -f='${Package} ${db:Status-Status}\n' openssh-server openssh-client openssh-sftp-server 2>/dev/null |
    awk '$2 == "installed" { print $1 }' || true
}

yes=0
sections=()
for argument in "$@"; do
  case $argument in
    --yes) yes=1 ;;
    *) sections+=("$argument") ;;
  esac
done
[ ${#sections[@]} -gt 0 ] || die "usage: tools/setup.sh [--yes] SECTION... (sections of tools/packages.txt)"
command -v dpkg-query >/dev/null || die "this is not a Debian system: see CONTRIBUTING.md for what has to be installed"

missing=$(wanted_packages "${sections[@]}" | missing_packages)
[ -n "$missing" ] || exit 0
mapfile -t names < <(printf '%s\n' "$missing" | cut -d' ' -f1)
say "missing: ${names[*]}"

as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || die "needs root once. Run: su -c '$here/setup.sh --yes ${sections[*]}'"
  as_root=(sudo)
fi

apt_get update -q
if printf '%s\n' "$missing" | candidates_suffice; then
  apt_get install -y --no-install-recommends "${names[@]}"
elif [ -z "$(debian_uri)" ]; then
  die "the packages of this system are too old, and Debian's must not be mixed into it: use a Debian 12 or newer" \
    "(a container will do; see CONTRIBUTING.md)"
else
  add_suite
  printf '%s\n' "$missing" | candidates_suffice -t "$suite" || die "not even $suite has all of: ${names[*]}"
  confirm_libc
  mapfile -t openssh < <(installed_openssh)
  apt_get install -y --no-install-recommends -t "$suite" "${names[@]}" "${openssh[@]}"
fi
