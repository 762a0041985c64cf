#!/usr/bin/env bash
# The recorded data through every database and back: sqlite+files -> PostgreSQL+S3 -> MariaDB+files -> sqlite with contents
# in the database; in the end every recorded answer is as it was. Backups on the way, and what must be refused.
# Needs PostgreSQL, MariaDB, an S3 server (tests/lib/s3.sh), sqlite3 and Node.
source "$(dirname "$0")/lib.sh"

start_server postgres
start_server mariadb
start_s3
configure_sqlite first
cp -r "$recorded/sqlite" "$work/first"
chmod -R u+w "$work/first"
cp "$work/first/memos_prod.db" "$work/first.db"
configure_postgres second
configure_bucket second
configure_mysql third
configure_sqlite fourth

must copy first second --attachments storage
objects=$(find "$work/s3/objects/$S3_BUCKET" -name '*.png' -o -name '*.jpg' -o -name '*.mov' | wc -l)
[ "$objects" -ge 4 ] || fail "only $objects objects in the bucket"
must cmp "$work/first/memos_prod.db" "$work/first.db"
ok "sqlite and files to PostgreSQL and S3, the source is untouched"
must copy second third
[ -s "$work/third/assets/2026/11/blue.png" ] || fail "files are not where they were"
ok "PostgreSQL and S3 to MariaDB and files"
must copy third fourth --attachments database
ok "MariaDB to sqlite, contents into the database"
if [ -e "$work/fourth/assets" ]; then fail "contents are in files"; fi

# All rows are what they were, but for where contents are.
rows() { sqlite3 "$1" "SELECT * FROM user ORDER BY id; SELECT * FROM memo_relation ORDER BY 1, 2, 3;
  SELECT * FROM user_setting ORDER BY 1, 2; SELECT * FROM system_setting ORDER BY 1; SELECT * FROM reaction ORDER BY id;
  SELECT id, uid, created_ts, updated_ts, row_status, content, visibility, pinned FROM memo ORDER BY id;
  SELECT id, uid, created_ts, updated_ts, filename, type, size, memo_id FROM attachment ORDER BY id;
  SELECT * FROM memo_share ORDER BY id; SELECT * FROM user_identity ORDER BY id; SELECT id, uid, name FROM idp;
  SELECT id, created_ts, sender_id, receiver_id, status FROM inbox ORDER BY id"; }
rows "$work/first.db" >"$work/a"
rows "$work/fourth/memos_prod.db" >"$work/b"
must diff "$work/a" "$work/b"
ok "rows after three moves are the recorded ones"

for from in first second third fourth; do
  must run backup "$work/$from.tar.zst" --config "$work/$from.conf"
  must run verify "$work/$from.tar.zst"
done
for from in second third fourth; do
  for name in first $from; do
    tar --zstd -xOf "$work/$name.tar.zst" manifest.json | sed '/"missing"\|"contentBytes"/d' >"$work/manifest.$name"
  done
  must cmp "$work/manifest.first" "$work/manifest.$from"
done
ok "backups of all four have the same manifest"
configure_postgres fifth
must run restore --config "$work/fifth.conf" "$work/third.tar.zst"
configure_sqlite sixth
must copy fifth sixth
rows "$work/sixth/memos_prod.db" >"$work/b"
must diff "$work/a" "$work/b"
must cmp "$recorded/sqlite/assets/2026/11/blue.png" "$work/sixth/assets/2026/11/blue.png"
ok "a backup of MariaDB restored on PostgreSQL, then copied to sqlite and files"

must_fail "the target is in use" copy first second
ok "a target in use is refused"

# Objects in parts are compared with what the store has of them, by those who ask; other sizes are seen by everybody.
configure_sqlite large
cp -r "$recorded/sqlite" "$work/large"
chmod -R u+w "$work/large"
head -c 12000000 /dev/urandom >"$work/large/assets/large.bin"
sqlite3 "$work/large/memos_prod.db" "DELETE FROM attachment WHERE storage_type = 'S3' OR reference LIKE '/%';
  DELETE FROM reaction WHERE SUBSTR(content_id, 7) NOT IN (SELECT uid FROM memo);
  INSERT INTO attachment (id, uid, creator_id, filename, type, size, storage_type, reference)
  VALUES (99, 'att-large', 1, 'large.bin', '', 12000000, 'LOCAL', 'assets/large.bin')"
configure_sqlite bucket
configure_bucket bucket
must copy large bucket --attachments storage
must run verify --contents --config "$work/bucket.conf"
grep -qE '^1200[0-9]{4} bytes of contents were read' "$work/out" || { cat "$work/out"; fail "not all was read"; }
object=$work/s3/objects/$S3_BUCKET/assets/large.bin
printf '\0damaged' | dd of="$object" bs=1 seek=9000000 conv=notrunc 2>/dev/null
must run verify --config "$work/bucket.conf"
must_find() { # TEXT ARGUMENT...: verify finds one fault, and says so
  local text=$1 status=0
  shift
  run verify "$@" --config "$work/bucket.conf" || status=$?
  [ "$status" -eq 1 ] && grep -qF "$text" "$work/out" && grep -qF " 1 faults, 0 repaired" "$work/out" ||
    { cat "$work/out" "$work/err"; fail "verify $*: status $status, no \"$text\""; }
}
must_find "attachment 99: its content is damaged: the store sent other bytes than were stored" --contents
must_find "damaged contents stay" --contents --repair
must_fail "attachment 99: " run backup "$work/damaged.tar.zst" --config "$work/bucket.conf"
[ ! -e "$work/damaged.tar.zst" ] || fail "a backup with damaged contents"
truncate -s 11999999 "$object"
must_find "attachment 99: its content has 11999999 bytes, its row says 12000000"
[ -s "$object" ] || fail "a damaged object was removed"
ok "damaged objects are told, and stay"

for data in fourth sixth; do
  MEMORA_WIRE_DATA=$work/$data MEMORA_BUILD=${MEMORA_BUILD:-$root/build/debug} \
    node --test "$root/tests/wire/fixture.test.js" >"$work/wire.log" 2>&1 || {
    grep -E '^not ok|^# ' "$work/wire.log" | head -40
    fail "recorded answers over $data"
  }
  answers=$(sed -n 's/^# pass //p' "$work/wire.log")
  [ "$answers" -gt 700 ] || fail "only $answers answers were compared"
  passed=$((passed + answers))
  ok "recorded answers over $data: $answers"
done
