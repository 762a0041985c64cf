#!/usr/bin/env bash
# A private PostgreSQL server for tests, reachable through a unix socket only.
#   postgres.sh start DIR [OPTION...]  makes it if DIR is empty or missing, starts it with further options of postgres,
#                                      and waits until it answers on DIR (user memora, no password)
#   postgres.sh stop DIR               stops it; sessions are ended
#   postgres.sh kill DIR               kills it without warning
#   postgres.sh remove DIR             stops it and removes DIR
#   postgres.sh sql DIR [DATABASE]     runs the SQL of standard input
set -euo pipefail

die() { echo "postgres.sh: $*" >&2; exit 1; }

# Debian keeps the server's programs out of PATH, in a directory for each version; the newest one serves.
# POSTGRES_BIN names another one.
for bin in $(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | sort -V) "${POSTGRES_BIN:-}"; do
  if [ -x "$bin/postgres" ]; then PATH=$bin:$PATH; fi
done
command -v initdb >/dev/null || die "the server's programs are not installed (Debian: postgresql)"

[ $# -ge 2 ] || die "usage: start|stop|kill|remove|sql DIR ..."
action=$1 dir=$2
shift 2

# The server refuses to run as root.
as_user=()
if [ "$(id -u)" -eq 0 ]; then
  as_user=(setpriv --reuid=nobody --regid="$(id -gn nobody)" --clear-groups)
fi

# Whether the process is there; one that has ended and that nobody waits for (a container without init) is not.
runs() { grep -q '^State:[[:space:]]*[^XZ]' "/proc/$1/status" 2>/dev/null; }
# Until it has ended; false after a minute.
ends() { # PID
  local until=$((SECONDS + 60))
  while runs "$1"; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.05
  done
}
alive() { [ -s "$dir/data/postmaster.pid" ] && runs "$(head -n 1 "$dir/data/postmaster.pid")"; }
client() { PGHOST=$dir PGUSER=memora psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$@"; }

make_data() {
  mkdir -p "$dir"
  chmod 755 "$dir"
  [ "$(id -u)" -ne 0 ] || chown nobody "$dir"
  (cd "$dir" && "${as_user[@]}" initdb --pgdata="$dir/data" --username=memora --auth=trust --encoding=UTF8 \
    --locale=C.UTF-8 --no-sync) >"$dir/install.log" 2>&1 || { tail -n 20 "$dir/install.log" >&2; die "initdb failed"; }
}

start() {
  [ -f "$dir/data/PG_VERSION" ] || make_data
  # What a kill left behind may name a process that is another one by now.
  alive || rm -f "$dir/data/postmaster.pid"
  (cd "$dir" && exec setsid "${as_user[@]}" "$(command -v postgres)" -D "$dir/data" -c listen_addresses= \
    -c unix_socket_directories="$dir" -c max_connections=200 -c shared_buffers=64MB "$@") \
    </dev/null >>"$dir/server.log" 2>&1 &
  local child=$! until=$((SECONDS + 120))
  while [ "$SECONDS" -lt "$until" ]; do
    if [ -S "$dir/.s.PGSQL.5432" ] && client -d postgres -c 'SELECT 1' >/dev/null 2>&1; then return; fi
    kill -0 "$child" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$dir/server.log" >&2 || true
  die "the server did not start"
}

stop() { # SIGNAL: INT ends sessions and shuts down cleanly, KILL is a crash
  alive || return 0
  local pid
  pid=$(head -n 1 "$dir/data/postmaster.pid")
  # The other processes of a killed server would keep its shared memory for a while.
  if [ "$1" = KILL ]; then kill -KILL -- "-$(ps -o pgid= -p "$pid" | tr -d ' ')" 2>/dev/null || true; fi
  kill -"$1" "$pid" 2>/dev/null || true
  ends "$pid" || die "the server did not stop"
}

case $action in
  start) start "$@" ;;
  stop) stop INT ;;
  kill) stop KILL ;;
  remove) { (stop INT) || stop KILL; } && rm -rf "$dir" ;;
  sql) client -d "${1:-postgres}" ;;
  *) die "no action '$action'" ;;
esac
