#!/usr/bin/env bash
# How long memora copy takes for 100,000 memos, from sqlite to each database and back. MEMORA_BUILD: a release build.
source "$(dirname "$0")/lib.sh"
memos=${1:-100000}
start_server postgres
start_server mariadb
configure_sqlite source
cp -r "$recorded/sqlite" "$work/source"
chmod -R u+w "$work/source"
sqlite3 "$work/source/memos_prod.db" "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $memos)
  INSERT INTO memo (uid, creator_id, content, visibility, payload)
    SELECT 'many-' || i, 1, 'memo ' || i || ' #tag ' || hex(randomblob(150)), 'PUBLIC',
      '{\"tags\":[\"tag\"], \"property\":{\"hasLink\":true, \"title\":\"memo\"}}' FROM n"
configure_sqlite to_sqlite
configure_postgres to_postgres
configure_mysql to_mysql
configure_sqlite back
measure() { # FROM TO
  local start=$EPOCHREALTIME
  must copy "$1" "$2"
  awk -v from="$1" -v to="$2" -v memos="$memos" -v start="$start" -v end="$EPOCHREALTIME" \
    'BEGIN { printf "%-12s -> %-12s %7d memos %6.1f s\n", from, to, memos, end - start }'
}
measure source to_sqlite
measure source to_postgres
measure to_postgres to_mysql
measure to_mysql back
passed=4
