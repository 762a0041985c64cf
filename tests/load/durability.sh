#!/usr/bin/env bash
# usage: durability.sh MEMORA MEMORA-LOAD ROUNDS
# Creates memos from many connections, kills the server with SIGKILL in the middle, starts it again and asks for every
# memo whose creation had been acknowledged. Ends with "N passed, M failed".
set -euo pipefail
memora=$1 load=$2 rounds=$3
work=$(mktemp -d "${TMPDIR:-/tmp}/memora-durability-XXXXXX")
port=$((20000 + RANDOM % 10000))
pid=''
trap '[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT

field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }
api() { curl -sS --fail-with-body -H 'Content-Type: application/json' --data "$2" "http://127.0.0.1:$port$1"; }
start() {
  pid=$("$load" --port "$port" --spawn "$work/log" -- "$memora" --port "$port" --addr 127.0.0.1 \
    --data "$work/data" | field pid) || true
  if [ -z "$pid" ]; then cat "$work/log" >&2; exit 1; fi
}
sign_in() {
  api /api/v1/auth/signin '{"passwordCredentials":{"username":"writer","password":"writer-password"}}' |
    field accessToken
}

start
api /api/v1/users '{"username":"writer","password":"writer-password"}' >/dev/null
token=$(sign_in)
passed=0 failed=0
touch "$work/all"
for ((round = 1; round <= rounds; round++)); do
  (sleep "0.$((RANDOM % 4 + 2))"; kill -KILL "$pid") &
  # The load ends with errors when the server dies; what it wrote down before that is what counts.
  "$load" --port "$port" --connections 32 --requests 1000000 --stop-on-error --first $((round * 1000000)) \
    --header "Authorization: Bearer $token" --method POST --path '/api/v1/memos?memoId=kept-{i}' \
    --body '{"content":"{memo}"}' --acknowledged "$work/round" >/dev/null 2>&1 || true
  wait
  while grep -q '^State:[[:space:]]*[^XZ]' "/proc/$pid/status" 2>/dev/null; do sleep 0.01; done
  start
  cat "$work/round" >>"$work/all"
  if "$load" --json --port "$port" --connections 8 --header "Authorization: Bearer $token" \
    --path '/api/v1/memos/kept-{i}' --counters "$work/round" >"$work/found"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'round %d: %s of %s acknowledged memos are gone\n' "$round" "$(field errors <"$work/found")" \
      "$(wc -l <"$work/round")"
  fi
  rm "$work/round"
done
# And all of them once more: a later crash must not take what an earlier one left.
"$load" --json --port "$port" --connections 8 --header "Authorization: Bearer $token" \
  --path '/api/v1/memos/kept-{i}' --counters "$work/all" >"$work/found" || failed=$((failed + 1))
printf '%s acknowledged memos\n%d passed, %d failed\n' "$(wc -l <"$work/all")" "$passed" "$failed"
[ "$failed" -eq 0 ]
