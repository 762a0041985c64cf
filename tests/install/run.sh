#!/usr/bin/env bash
# Installs the release build into an empty directory and uses what is there as an operator and an author of plugins
# would: layout, manual pages, check, plugins, a running server, the template plugin built from the installed files.
# Needs build/release (cmake --preset release && cmake --build --preset release). Ends with the totals.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
umask 022
build=$PWD/build/release
work=$(mktemp -d /tmp/memora-install-XXXXXX)
chmod 755 "$work"
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
passed=0 failed=0

check() { # NAME COMMAND...
  local name=$1
  shift
  if "$@" >"$work/log" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED $name: $*"
    tail -n 30 "$work/log"
  fi
}

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
cmake --build "$build" --target memora-server memora-completions >"$work/log" 2>&1 || { tail -n 30 "$work/log"; exit 1; }
check install env DESTDIR="$work/root" cmake --install "$build"
prefix=$work/root$(cached CMAKE_INSTALL_PREFIX)
libdir=$prefix/$(cached CMAKE_INSTALL_LIBDIR)
memora=$prefix/bin/memora

for file in bin/memora include/memora/{plugin,db,storage,version}.h lib/systemd/system/memora.service \
  share/man/man1/memora.1 share/man/man5/memora.conf.5 share/man/man7/{db-sqlite,db-mysql,db-postgres,storage-fs,storage-s3}.7 share/man/man3/memora{,-db,-storage}-plugin.3 \
  share/doc/memora/{memora.conf,configuration.md,dialect.md} share/memora/plugin-template/{CMakeLists.txt,storage-template.c} \
  share/bash-completion/completions/memora share/zsh/site-functions/_memora \
  share/fish/vendor_completions.d/memora.fish; do
  check "layout $file" test -s "$prefix/$file"
done
for file in memora/plugins/{db-sqlite,db-mysql,db-postgres,storage-fs,storage-s3}.so pkgconfig/memora-plugin.pc; do
  check "layout $file" test -s "$libdir/$file"
done
# A packager can ship each backend on its own: the plugin and its page, and nothing else.
for plugin in db-sqlite db-mysql db-postgres storage-fs storage-s3; do
  DESTDIR="$work/part-$plugin" cmake --install "$build" --component "$plugin" >"$work/log" 2>&1
  # shellcheck disable=SC2016
  check "package of $plugin" sh -c '[ "$(find "$1" -type f -printf "%f\n" | sort | tr "\n" " ")" = "$2.7 $2.so " ]' sh \
    "$work/part-$plugin" "$plugin"
done
DESTDIR="$work/part-media" cmake --install "$build" --component media >"$work/log" 2>&1
# shellcheck disable=SC2016
check "package of memora-media" sh -c '[ "$(find "$1" -type f -printf "%f\n" | sort | tr "\n" " ")" = "memora-media memora-media.1 " ]' sh "$work/part-media"
check "memora-media confines itself" "$prefix/$(cached CMAKE_INSTALL_LIBEXECDIR)/memora/memora-media" check
# The page is installed where it was built; the whole test run builds it first.
if [ -e ui/dist/index.html ]; then
  check "layout index.html" test -s "$prefix/share/memora/ui/index.html"
fi
# shellcheck disable=SC2016
check "nothing of the tests" sh -c '! find "$1" -name "*bad*" -o -name "unit-*" | grep .' sh "$work/root"
# shellcheck disable=SC2016
check "no path of the build" sh -c '! grep -rlF "$1" "$2"/bin "$3" "$2"/share "$2"/include' sh "$PWD/core" "$prefix" "$libdir"

for page in man/*; do
  check "manual $page" mandoc -T lint -W warning "$page"
done
check "bash completion" bash -n "$prefix/share/bash-completion/completions/memora"
if command -v systemd-analyze >/dev/null; then
  sed "s#ExecStart=[^ ]*#ExecStart=$memora#" "$prefix/lib/systemd/system/memora.service" >"$work/memora.service"
  check "unit file" systemd-analyze verify --man=no "$work/memora.service"
fi

uses_installed() { "$memora" --config /dev/null --data "$work/data" "$@"; }
has_line() { # TEXT COMMAND...
  local text=$1
  shift
  "$@" >"$work/out" 2>&1
  grep -qE -- "$text" "$work/out" || { cat "$work/out"; return 1; }
}
check "check" uses_installed check
check "sample configuration" "$memora" check --config "$prefix/share/doc/memora/memora.conf"
check "plugins: sqlite" has_line "^database +sqlite .* $libdir/memora/plugins/db-sqlite.so +in use$" uses_installed plugins
check "plugins: fs" has_line "^storage +fs .* $libdir/memora/plugins/storage-fs.so +in use$" uses_installed plugins
check "version" has_line '^memora [0-9]+\.[0-9]+\.[0-9]+$' uses_installed version
check "unknown flag" has_line '^memora: unknown flag: --colour$' uses_installed --colour

# A plugin author has the installed files and nothing else.
cp -r "$prefix/share/memora/plugin-template" "$work/template"
build_template() {
  PKG_CONFIG_PATH=$libdir/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work/root cmake -S "$work/template" -B "$work/template/build" \
    -DCMAKE_C_FLAGS="-Wpedantic -Werror" && cmake --build "$work/template/build"
}
check "template builds" build_template
# shellcheck disable=SC2016
check "template exports" has_line '^memora_plugin_v1$' sh -c 'nm -D --defined-only "$1" | cut -d" " -f3' sh \
  "$work/template/build/storage-template.so"
check "template installs" cp "$work/template/build/storage-template.so" "$libdir/memora/plugins/"
check "template is there" has_line '^storage +template .* available$' uses_installed plugins
check "template is described" has_line 'default 64M' uses_installed describe-plugin template
check "template is checked" has_line 'storage.limit = "0" is not valid' uses_installed check \
  --set storage.plugin=template --set storage.limit=0

# A server from the installed files, with each storage plugin.
serve_and_look() { # FLAGS...
  : >"$work/banner"
  "$memora" --config /dev/null --data "$work/data" --port 0 --addr 127.0.0.1 "$@" \
    >"$work/banner" 2>"$work/log-server" &
  server=$!
  local url='' answer until=$((SECONDS + 60))
  while [ -z "$url" ] && [ "$SECONDS" -lt "$until" ] && kill -0 "$server"; do
    sleep 0.1
    url=$(sed -n 's/^Access your memos at: //p' "$work/banner")
  done
  answer=$(curl -s -m 60 "$url/healthz")
  echo "healthz: $answer"
  [ ! -e ui/dist/index.html ] || curl -sf -m 60 "$url/" | grep -q '<div id="root">' || { echo "no page"; answer=; }
  kill -TERM "$server"
  wait "$server"
  local status=$?
  server=
  cat "$work/banner" "$work/log-server"
  [ "$status" -eq 0 ] && [ "$answer" = "Service ready." ]
}
check "serves" serve_and_look
check "serves with the template" serve_and_look --set storage.plugin=template

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
