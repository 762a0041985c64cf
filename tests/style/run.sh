#!/usr/bin/env bash
# House rules that a machine can check: formatting, file and function length, include directions, SQL and HTTP in
# their folders only, no machine paths.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0

check() { # NAME FINDINGS
  if [ -z "$2" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED %s\n%s\n' "$1" "$2"
  fi
}

sources=$(git ls-files '*.c' '*.h')
own=$(git ls-files '*.c' '*.h' '*.ts' '*.tsx' '*.js' '*.mjs' '*.css' '*.sh' 'scripts/*')

unformatted=$(for file in $sources; do clang-format --dry-run -Werror "$file" >/dev/null 2>&1 || echo "$file"; done)
check "formatting (clang-format)" "$unformatted"

check "files of at most 500 lines" "$(for file in $own; do
  lines=$(wc -l <"$file")
  [ "$lines" -le 500 ] || echo "$file: $lines lines"
done)"

check "functions of at most 60 lines" "$(for file in $(git ls-files 'core/*.c' 'plugins/*.c' 'tools/*.c'); do
  awk -v file="$file" '/^\{/ { start = NR } /^\}/ { if (start && NR - start - 1 > 60) print file ":" start ": " NR - start - 1 " lines"; start = 0 }' "$file"
done)"

# A module may include those before it and itself; api/call.h is the plain struct that auth and rpc fill.
declare -A level=([base]=1 [wire]=2 [codec]=2 [outbound]=2 [config]=3 [plugin]=3 [cache]=3 [db]=4 [markdown]=4 [filter]=5 [store]=6
  [auth]=7 [blob]=7 [event]=7 [preview]=7 [speech]=7 [api]=8 [deploy]=8 [move]=8 [rpc]=9 [http]=10 [mcp]=11 [server]=12)
check "include directions" "$(for file in $(git ls-files 'core/*/*.c' 'core/*/*.h'); do
  module=$(echo "$file" | cut -d/ -f2)
  grep -oE '^#include "[a-z_]+/[a-z0-9_]+\.h"' "$file" | grep -v '"api/call.h"' | while IFS='"' read -r _ path _; do
    other=${path%%/*}
    [ -n "${level[$other]:-}" ] || continue
    [ "${level[$other]}" -le "${level[$module]:-99}" ] || echo "$file includes $path"
  done
done)"

check "microhttpd.h only in core/http" "$(grep -ln 'microhttpd\.h' $(git ls-files 'core/*') | grep -v '^core/http/')"
check "SQL text only in core/store, core/db, core/schema" "$(grep -nE '"(SELECT|INSERT INTO|UPDATE|DELETE FROM) ' \
  $(git ls-files 'core/*.c') | grep -vE '^core/(store|db|schema)/')"
check "no path of a build machine" "$(git grep -nE '/work/(main|wt-|shared)|/root/' -- . ':!tests/style/run.sh')"

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
