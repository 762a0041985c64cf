#!/usr/bin/env bash
# A private MariaDB server for tests, reachable through a unix socket only.
#   mariadb.sh start DIR [OPTION...]   makes it if DIR is empty or missing, starts it with further options of mariadbd,
#                                      and waits until it answers on DIR/sock (user root, no password)
#   mariadb.sh stop DIR                stops it
#   mariadb.sh kill DIR                kills it without warning
#   mariadb.sh remove DIR              stops it and removes DIR
#   mariadb.sh sql DIR [DATABASE]      runs the SQL of standard input as root
set -euo pipefail

die() { echo "mariadb.sh: $*" >&2; exit 1; }

# MYSQL_BIN names the folder of another server's mysqld, such as that of MySQL 8.
# Names of before and after the packages were renamed; sbin is not in everybody's PATH.
PATH=$PATH:/usr/sbin:/usr/local/sbin
tool() {
  local name
  for name in "$@"; do command -v "$name" && return; done
  die "none of these is installed: $* (Debian: mariadb-server)"
}

[ $# -ge 2 ] || die "usage: start|stop|kill|remove|sql DIR ..."
action=$1 dir=$2
shift 2

# The server refuses to run as root.
as_user=()
owner=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
  owner=nobody
  as_user=(--user="$owner")
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
alive() { [ -s "$dir/pid" ] && runs "$(cat "$dir/pid")"; }
client() { "$(tool mariadb mysql)" --no-defaults --socket="$dir/sock" --user=root --default-character-set=utf8mb4 "$@"; }

# Its log ends with advice; what was wrong stands before that.
not_made() {
  { head -n 40 "$dir/install.log"; echo ...; tail -n 20 "$dir/install.log"; } >&2
  die "the data cannot be made"
}

make_data() {
  mkdir -p "$dir/data" "$dir/tmp"
  chmod 755 "$dir"
  [ "$(id -u)" -ne 0 ] || chown -R "$owner" "$dir"
  # With a directory for temporary files of its own: in /tmp, servers that start at the same time remove each other's.
  if [ -n "${MYSQL_BIN:-}" ]; then
    "$MYSQL_BIN/mysqld" --no-defaults "${as_user[@]}" --datadir="$dir/data" --tmpdir="$dir/tmp" --initialize-insecure \
      >"$dir/install.log" 2>&1 || not_made
    return
  fi
  "$(tool mariadb-install-db mysql_install_db)" --no-defaults --datadir="$dir/data" --tmpdir="$dir/tmp" --skip-test-db \
    --auth-root-authentication-method=normal --innodb-log-file-size=16M --innodb-buffer-pool-size=32M \
    "${as_user[@]}" >"$dir/install.log" 2>&1 || not_made
}

start() {
  [ -d "$dir/data/mysql" ] || make_data
  rm -f "$dir/pid"
  local program=${MYSQL_BIN:+$MYSQL_BIN/mysqld}
  setsid "${program:-$(tool mariadbd mysqld)}" --no-defaults "${as_user[@]}" --datadir="$dir/data" --tmpdir="$dir/tmp" \
    --socket="$dir/sock" --pid-file="$dir/pid" --log-error="$dir/log.err" --skip-networking --skip-name-resolve \
    --innodb-buffer-pool-size=64M --innodb-log-file-size=16M --character-set-server=utf8mb4 \
    --collation-server=utf8mb4_general_ci --max-connections=300 --secure-file-priv= "$@" </dev/null >/dev/null 2>&1 &
  local child=$! until=$((SECONDS + 120))
  while [ "$SECONDS" -lt "$until" ]; do
    if [ -S "$dir/sock" ] && client -e 'SELECT 1' >/dev/null 2>&1; then return; fi
    kill -0 "$child" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$dir/log.err" >&2 || true
  die "the server did not start"
}

stop() { # SIGNAL
  alive || return 0
  local pid
  pid=$(cat "$dir/pid")
  kill -"$1" "$pid" 2>/dev/null || true
  ends "$pid" || die "the server did not stop"
}

case $action in
  start) start "$@" ;;
  stop) stop TERM ;;
  kill) stop KILL ;;
  remove) stop KILL && rm -rf "$dir" ;;
  sql) client "$@" ;;
  *) die "no action '$action'" ;;
esac
