# shellcheck shell=bash
# The Debian packages that Memora needs, in one place. Sourced by scripts/run, scripts/test and scripts/bench:
#   packages_install GROUP...   installs what is missing of build, ui, test, bench (test includes build and ui)
# Where a group needs Node, a node that is new enough for Vite comes first in PATH afterwards.

# "name:command" is there as soon as the command is, whoever brought it.
packages_of_group() {
  case $1 in
    build)
      echo build-essential cmake ninja-build pkg-config:pkg-config python3:python3 unicode-data \
        protobuf-compiler:protoc libprotobuf-dev protobuf-c-compiler:protoc-c libprotobuf-c-dev libmicrohttpd-dev \
        libsqlite3-dev libmd4c-dev libjansson-dev libjwt-gnutls-dev libgnutls28-dev libinih-dev libltdl-dev \
        libcrypt-dev zlib1g-dev libarchive-dev libcurl4-gnutls-dev libxml2-dev libcmocka-dev libmariadb-dev libpq-dev \
        libvips-dev libseccomp-dev
      ;;
    ui) echo nodejs:node npm:npm protobuf-compiler:protoc libprotobuf-dev ca-certificates ;;
    test)
      packages_of_group build
      packages_of_group ui
      echo git:git g++:g++ binutils:nm clang:clang clang-format:clang-format libclang-rt-dev llvm man-db:man \
        mandoc:mandoc shellcheck:shellcheck curl:curl sqlite3:sqlite3 chromium:chromium procps:ps \
        mariadb-server:mariadbd mariadb-client:mariadb openssl:openssl postgresql zstd:zstd
      ;;
    bench) packages_of_group build && echo wrk:wrk curl:curl sqlite3:sqlite3 procps:ps ;;
    *) echo "packages: no group '$1'" >&2 && return 1 ;;
  esac
}

packages_missing() { # NAME[:COMMAND]...
  local item
  for item in "$@"; do
    case $item in
      *:*) type -P "${item#*:}" >/dev/null && continue ;; # a file: functions of the caller do not count
    esac
    dpkg-query -W -f '${Status}' "${item%%:*}" 2>/dev/null | grep -q 'ok installed' || echo "${item%%:*}"
  done
}

packages_apt() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "packages: neither root nor sudo; please install: $*" >&2; return 1; }
    as_root=(sudo)
  fi
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends)
  echo "Installing Debian packages: $*"
  # A fresh image has no lists, an old one has lists of packages that are gone.
  "${as_root[@]}" apt-get update -q && "${as_root[@]}" "${install[@]}" "$@"
}

# Vite's need, from the page's package.json ("node": ">=20.19").
node_wanted() {
  sed -n 's/.*"node": *"[^0-9]*\([0-9.]*\)".*/\1/p' "$packages_root/ui/package.json" 2>/dev/null | head -n 1
}

node_is_new_enough() { # WANTED NODE
  local found
  found=$("$2" --version 2>/dev/null) || return 1
  [ "$(printf '%s\n%s\n' "$1" "${found#v}" | sort -V | head -n 1)" = "$1" ]
}

# Debian 12 has Node 18; npm's own package `node` brings a newer one, into the build directory.
packages_node() {
  local wanted tools=$packages_root/build/node
  wanted=$(node_wanted)
  node_is_new_enough "${wanted:-0}" node && return 0
  if ! node_is_new_enough "$wanted" "$tools/node_modules/.bin/node"; then
    echo "Node $(node --version) is older than the $wanted that the web page is built with; fetching a newer one"
    mkdir -p "$tools"
    npm install --prefix "$tools" --no-audit --no-fund --no-save --loglevel=error node@22 || return 1
  fi
  export PATH="$tools/node_modules/.bin:$PATH"
  node_is_new_enough "$wanted" node || { echo "packages: npm brought no Node $wanted or newer" >&2; return 1; }
}

packages_install() { # GROUP...
  local group all=() missing
  for group in "$@"; do
    # shellcheck disable=SC2046,SC2207
    all+=($(packages_of_group "$group")) || return 1
  done
  if ! command -v dpkg-query >/dev/null; then
    echo "packages: not a Debian system; this needs the equivalents of: ${all[*]%%:*}" >&2
  else
    # shellcheck disable=SC2207
    missing=($(packages_missing "${all[@]}" | sort -u))
    [ "${#missing[@]}" -eq 0 ] || packages_apt "${missing[@]}" || return 1
  fi
  case " $* " in
    *' ui '* | *' test '*) packages_node ;;
  esac
}

# The locked packages of a folder. Not `npm ci`: it insists on the builds for every other platform that the lock file's
# packages may have, and not every registry carries all of those.
npm_install() { # FOLDER
  (cd "$1" && npm install --no-save --no-audit --no-fund --loglevel=error)
}

packages_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
