#!/usr/bin/env bash
# Kills copies and restores at random moments and runs them again, until one ends by itself: then nothing is missing,
# doubled or left over. On all three databases. MEMORA_MOVE_KILLS: how often each is killed at most.
source "$(dirname "$0")/lib.sh"
kills=${MEMORA_MOVE_KILLS:-12}
memos=${MEMORA_MOVE_MEMOS:-20000}

start_server postgres
start_server mariadb
configure_sqlite source
cp -r "$recorded/sqlite" "$work/source"
chmod -R u+w "$work/source"
# Many memos, and attachments of both kinds beside them.
sqlite3 "$work/source/memos_prod.db" "
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $memos)
  INSERT INTO memo (uid, creator_id, content, visibility, payload)
    SELECT 'many-' || i, 1, 'memo ' || i || ' #tag ' || hex(randomblob(40)), 'PUBLIC', '{\"tags\":[\"tag\"]}' FROM n;
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
  INSERT INTO attachment (uid, creator_id, filename, blob, type, size, storage_type, reference)
    SELECT 'att-' || i, 1, 'f' || i || '.bin', CASE WHEN i % 2 THEN randomblob(9000) END, 'application/octet-stream',
      9000, CASE WHEN i % 2 THEN '' ELSE 'LOCAL' END, CASE WHEN i % 2 THEN '' ELSE 'assets/f' || i || '.bin' END FROM n"
for i in $(seq 2 2 600); do head -c 9000 /dev/urandom >"$work/source/assets/f$i.bin"; done
must run backup --config "$work/source.conf" "$work/source.tar.zst"
manifest() { tar --zstd -xOf "$1" manifest.json; }
manifest "$work/source.tar.zst" >"$work/wanted"

# Runs a command with kills at growing random moments; then checks the instance.
torment() { # NAME COMMAND...
  local name=$1 i killed=0 whole=no pid
  shift
  for ((i = 0; i < kills; i++)); do
    "$@" >"$work/out" 2>"$work/err" &
    pid=$!
    sleep "0.$(printf %03d $((RANDOM % 60 + i * 40)))"
    if kill -KILL "$pid" 2>/dev/null; then killed=$((killed + 1)); fi
    if wait "$pid" 2>/dev/null; then break; fi
    # Nothing is there yet, or all of it (the kill met a process that had done its work), or it is known for unfinished:
    # not served, not backed up.
    if run backup --config "$work/$name.conf" "$work/half.tar.zst"; then
      if [ "$(manifest "$work/half.tar.zst")" = "$(cat "$work/wanted")" ]; then
        whole=yes
        break
      fi
      grep -q '^Backed up 0 memos and 0 attach' "$work/out" || fail "$name: an unfinished copy could be backed up"
      rm -f "$work/half.tar.zst"
    fi
  done
  if [ "$i" -eq "$kills" ]; then must "$@"; fi
  if [ "$whole" = yes ]; then rm "$work/half.tar.zst"; fi
  [ "$killed" -gt 0 ] || fail "$name: it was never killed"
  must run backup --config "$work/$name.conf" "$work/$name.tar.zst"
  manifest "$work/$name.tar.zst" >"$work/got"
  must diff "$work/wanted" "$work/got"
  # The recorded data name one file that is not there; no file is left over.
  find "$work/$name" -name '*.bin' -exec touch -d '2 hours ago' {} +
  run verify --config "$work/$name.conf" || true
  if grep -F 'no attachment has it' "$work/out"; then fail "$name: files are left over"; fi
  ok "$name: killed $killed times, then whole"
}

configure_sqlite kill_sqlite
configure_postgres kill_postgres
configure_mysql kill_mysql
configure_sqlite kill_restore
for name in kill_sqlite kill_postgres kill_mysql; do
  torment "$name" "$memora" copy --from "$work/source.conf" --to "$work/$name.conf"
done
torment kill_restore "$memora" restore --config "$work/kill_restore.conf" "$work/source.tar.zst"

# A source that changes between two runs is copied as it is in the second.
configure_sqlite changed
has_begun() { [ -e "$work/changed/memos_prod.db" ] || ! kill -0 "$pid" 2>/dev/null; }
for try in $(seq 20); do
  rm -rf "$work/changed"
  "$memora" copy --from "$work/source.conf" --to "$work/changed.conf" 2>/dev/null >/dev/null &
  pid=$!
  comes_true has_begun || fail "the copy does not begin"
  kill -KILL "$pid" 2>/dev/null || true
  # One that was over before the kill is tried again.
  if ! wait "$pid" 2>/dev/null; then break; fi
  [ "$try" -lt 20 ] || fail "the copy is always over too soon"
done
sqlite3 "$work/source/memos_prod.db" "DELETE FROM memo WHERE uid IN ('many-1', 'many-7'); UPDATE user SET nickname = 'new'"
must copy source changed
[ "$(sqlite3 "$work/changed/memos_prod.db" "SELECT COUNT(*) || (SELECT nickname FROM user WHERE id = 1) FROM memo
  WHERE uid LIKE 'many-%'")" = $((memos - 2))new ] || fail "the second state was not copied"
ok "a source that has changed is copied anew"
