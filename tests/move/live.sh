#!/usr/bin/env bash
# Backups of servers that are being written to, on every database: each is good, of one moment, and whole when restored;
# the server goes on, and the source of a copy may be running, too.
source "$(dirname "$0")/lib.sh"
start_server postgres
start_server mariadb
token=$(sed -n 's/.*"pat_alice": *"\([^"]*\)".*/\1/p' "$recorded/expected.json")
[ -n "$token" ] || fail "no token in the recordings"

configure_sqlite recorded
cp -r "$recorded/sqlite" "$work/recorded"
chmod -R u+w "$work/recorded"
# Its file lies elsewhere and would be a fault.
sqlite3 "$work/recorded/memos_prod.db" "DELETE FROM attachment WHERE storage_type = 'S3' OR reference LIKE '/%';
  DELETE FROM reaction WHERE SUBSTR(content_id, 7) NOT IN (SELECT uid FROM memo)"

answers() { # NAME: sets url
  url=$(grep -oE 'http://[a-z0-9.]+:[0-9]+' "$work/$1.log" | head -n 1 || true)
  [ -n "$url" ] && curl -sf "$url/healthz" >/dev/null
}

serve() { # NAME: sets url and server
  "$memora" --config "$work/$1.conf" --port 0 --addr 127.0.0.1 >"$work/$1.log" 2>&1 &
  server=$!
  comes_true answers "$1" || { cat "$work/$1.log"; fail "$1 does not start"; }
}

ask() { # METHOD PATH [BODY]
  curl -sf -X "$1" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' "$url$2" ${3:+-d "$3"}
}

# A memo with an attachment, and now and then one less, with a line in $work/written for each.
write() {
  local i name attachment
  for ((i = 0; ; i++)); do
    name=$(ask POST /api/v1/memos "{\"content\":\"live $i\",\"visibility\":\"PUBLIC\"}" |
      sed -n 's/^{"name": *"\(memos\/[^"]*\)".*/\1/p') || return
    attachment=$(printf 'content of %s' "$name" | base64 -w 0)
    ask POST /api/v1/attachments "{\"filename\":\"f$i.txt\",\"type\":\"text/plain\",\"content\":\"$attachment\",\"memo\":\"$name\"}" \
      >/dev/null || return
    if [ $((i % 3)) -eq 0 ]; then ask DELETE "/api/v1/$name" >/dev/null || return; fi
    echo "$i" >>"$work/written"
  done
}
written() { wc -l <"$work/written"; }
has_written() { [ "$(written)" -ge "$1" ] || ! kill -0 "$writer" 2>/dev/null; } # or will not any more
keeps_writing() { # COUNT: waits until there are so many
  comes_true has_written "$1" || fail "$name: only $(written) memos were written in a minute"
  kill -0 "$writer" 2>/dev/null || fail "$name: the server stopped answering after $(written) memos"
}

check() { # NAME ROUND
  local copy=$1_$2
  must run verify "$work/$copy.tar.zst"
  configure_sqlite "$copy"
  must run restore --config "$work/$copy.conf" "$work/$copy.tar.zst"
  must run verify --config "$work/$copy.conf"
}

configure_sqlite live_sqlite
configure_postgres live_postgres
configure_mysql live_mysql
for name in live_sqlite live_postgres live_mysql; do
  must copy recorded "$name"
  serve "$name"
  : >"$work/written"
  write &
  writer=$!
  for round in 1 2 3; do
    must run backup --config "$work/$name.conf" "$work/${name}_$round.tar.zst"
    keeps_writing $(($(written) + 2))
  done
  configure_sqlite "${name}_copy"
  must copy "$name" "${name}_copy"
  must run verify --config "$work/$name.conf"
  keeps_writing $(($(written) + 1))
  if [ "$name" = live_sqlite ]; then
    must_fail "in use by another server" run verify --repair --config "$work/$name.conf"
  fi
  kill "$writer"
  wait "$writer" 2>/dev/null || true
  kill "$server"
  wait "$server" || fail "$name: the server ended badly"
  for round in 1 2 3; do check "$name" "$round"; done
  must run verify --config "$work/${name}_copy.conf"
  ok "$name: backups and a copy while $(written) memos were written"
done
