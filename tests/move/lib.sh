# shellcheck shell=bash
# What the scripts of tests/move share: a directory that goes in the end, database servers, instances, checks.
# MEMORA_BUILD names the build whose program is tested.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
memora=${MEMORA_BUILD:-$root/build/debug}/core/memora
recorded=${MEMORA_SHARED:-$root/../shared}/fixtures/existing-db
work=$(mktemp -d /tmp/memora-move-XXXXXX)
chmod 711 "$work" # servers run as another user when root starts them
passed=0
servers=()

finish() {
  local status=$? server
  trap - EXIT
  # What a failed test leaves running.
  [ -z "$(jobs -pr)" ] || kill $(jobs -pr) 2>/dev/null || true
  for server in "${servers[@]}"; do "$root/tests/lib/$server.sh" remove "$work/$server" || true; done
  [ -z "${s3_running:-}" ] || s3_stop || true
  rm -rf "$work"
  printf '%d passed, %d failed\n' "$passed" $((status != 0))
  exit "$status"
}
trap finish EXIT

# An S3 server for configure_bucket.
start_s3() {
  # shellcheck source=tests/lib/s3.sh
  source "$root/tests/lib/s3.sh"
  s3_start "$work/s3"
  s3_running=yes
}
configure_bucket() { # NAME: attachments of that instance go into the bucket
  printf '[storage]\nplugin = s3\nendpoint = %s\nbucket = %s\nregion = %s\npath_style = yes\naccess_key = %s\nsecret_key = %s\n' \
    "$S3_ENDPOINT" "$S3_BUCKET" "$S3_REGION" "$S3_ACCESS_KEY" "$S3_SECRET_KEY" >>"$work/$1.conf"
}

ok() { passed=$((passed + 1)); printf 'ok - %s\n' "$*"; }
fail() { printf 'FAILED %s\n' "$*"; exit 1; }

# Waits until the command succeeds; false after a minute: a slow machine is no fault of what is tested.
comes_true() { # COMMAND...
  local until=$((SECONDS + 60))
  until "$@"; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.02
  done
}

start_server() { # postgres|mariadb
  servers+=("$1")
  "$root/tests/lib/$1.sh" start "$work/$1"
}

# Each writes the configuration $work/NAME.conf of an empty instance, whose files lie in $work/NAME.
configure_sqlite() { # NAME
  printf '[server]\ndata = %s\n' "$work/$1" >"$work/$1.conf"
}
configure_postgres() {
  "$root/tests/lib/postgres.sh" sql "$work/postgres" <<<"CREATE DATABASE $1 TEMPLATE template0 ENCODING 'UTF8';" >/dev/null
  configure_sqlite "$1"
  printf '[database]\nplugin = postgres\ndsn = postgres://memora@/%s?host=%s&sslmode=disable\n' "$1" \
    "${work//\//%2F}%2Fpostgres" >>"$work/$1.conf"
}
configure_mysql() {
  "$root/tests/lib/mariadb.sh" sql "$work/mariadb" <<<"CREATE DATABASE $1 CHARACTER SET utf8mb4;
    CREATE USER IF NOT EXISTS memora@localhost IDENTIFIED BY 'secret';
    GRANT ALL ON $1.* TO memora@localhost;"
  configure_sqlite "$1"
  printf '[database]\nplugin = mysql\ndsn = memora:secret@unix(%s/mariadb/sock)/%s\n' "$work" "$1" >>"$work/$1.conf"
}

copy() { # FROM TO [OPTION...]
  local from=$1 to=$2
  shift 2
  "$memora" copy --from "$work/$from.conf" --to "$work/$to.conf" "$@" >"$work/out" 2>"$work/err"
}
run() { "$memora" "$@" >"$work/out" 2>"$work/err"; }
must() { "$@" || { cat "$work/out" "$work/err"; fail "$*"; }; }
must_fail() { # TEXT COMMAND...: it fails and says so
  local text=$1
  shift
  if "$@"; then fail "$* should fail"; fi
  grep -qF "$text" "$work/err" || { cat "$work/err"; fail "$*: no \"$text\""; }
}
