#!/usr/bin/env bash
# usage: check_server.sh PROGRAM PLUGIN   memora-plugin-check on db-mysql or db-postgres, with a server of its own.
set -u
lib=$(dirname "$0")/../lib
dir=$(mktemp -d "${TMPDIR:-/tmp}/memora-check-test-XXXXXX") || exit 1
case $(basename "$2") in
db-mysql.so)
  script=$lib/mariadb.sh
  sql="CREATE DATABASE \`check\` CHARACTER SET utf8mb4; CREATE USER memora@localhost IDENTIFIED BY 'secret';
    GRANT ALL ON *.* TO memora@localhost;"
  dsn="memora:secret@unix($dir/server/sock)/check"
  ;;
db-postgres.so)
  script=$lib/postgres.sh
  sql="CREATE DATABASE \"check\";"
  dsn="host=$dir/server user=memora dbname=check"
  ;;
*) echo "no server for $2"; exit 2 ;;
esac
trap '"$script" remove "$dir/server"; rm -rf "$dir"' EXIT
chmod 755 "$dir"
"$script" start "$dir/server" && echo "$sql" | "$script" sql "$dir/server" || exit 1
"$1" --quick "$2" "dsn=$dsn" >"$dir/out" 2>"$dir/err"
code=$?
grep -v '^ok ' "$dir/out"
cat "$dir/err"
exit $code
