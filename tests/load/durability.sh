#!/usr/bin/env bash
# usage: durability.sh MEMORA MEMORA-LOAD ROUNDS
# Creates memos from many connections, kills the server with SIGKILL in the middle, starts it again and asks for every
# memo whose creation had been acknowledged. Ends with "N passed, M failed".
set -euo pipefail
memora=$1 load=$2 rounds=$3
patience=60 # seconds for what takes one: a slow machine is no fault of the server
work=$(mktemp -d "${TMPDIR:-/tmp}/memora-durability-XXXXXX")
pid='' loader=''
trap 'kill -KILL $pid $loader 2>/dev/null || true; wait; rm -rf "$work"' EXIT

field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }
api() { curl -sS --fail-with-body -H 'Content-Type: application/json' --data "$2" "http://127.0.0.1:$port$1"; }
lines() { if [ -e "$1" ]; then wc -l <"$1"; else echo 0; fi; }
broken() { printf '%s\n0 passed, 1 failed\n' "$*"; exit 1; }
answers() {
  port=$(sed -n 's|.*http://[a-z0-9.]*:\([0-9]*\).*|\1|p' "$work/log" | head -n 1)
  [ -n "$port" ] && curl -sf "http://127.0.0.1:$port/healthz" >/dev/null
}
start() { # sets pid and port
  local until=$((SECONDS + patience))
  : >"$work/log"
  "$memora" --port 0 --addr 127.0.0.1 --data "$work/data" >>"$work/log" 2>&1 &
  pid=$!
  until answers; do
    if [ "$SECONDS" -ge "$until" ] || ! kill -0 "$pid" 2>/dev/null; then
      cat "$work/log"
      broken "the server does not start"
    fi
    sleep 0.02
  done
}
sign_in() {
  api /api/v1/auth/signin '{"passwordCredentials":{"username":"writer","password":"writer-password"}}' |
    field accessToken
}
are_there() { # FILE: every memo whose counter is in it
  "$load" --json --port "$port" --connections 8 --header "Authorization: Bearer $token" \
    --path '/api/v1/memos/kept-{i}' --counters "$1" >"$work/found"
}

start
api /api/v1/users '{"username":"writer","password":"writer-password"}' >/dev/null
passed=0 failed=0
for ((round = 1; round <= rounds; round++)); do
  token=$(sign_in)
  # The load ends with errors when the server dies; what it wrote down before that is what counts.
  "$load" --port "$port" --connections 32 --requests 1000000 --stop-on-error --first $((round * 1000000)) \
    --header "Authorization: Bearer $token" --method POST --path '/api/v1/memos?memoId=kept-{i}' \
    --body '{"content":"{memo}"}' --acknowledged "$work/round" >"$work/loaded" 2>&1 &
  loader=$!
  until=$((SECONDS + patience))
  until [ "$(lines "$work/round")" -gt 0 ]; do
    if [ "$SECONDS" -ge "$until" ] || ! kill -0 "$loader" 2>/dev/null; then
      cat "$work/log" "$work/loaded"
      broken "round $round: no memo was acknowledged"
    fi
    sleep 0.01
  done
  sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
  kill -KILL "$pid"
  wait "$pid" 2>/dev/null || true
  wait "$loader" || true
  start
  cat "$work/round" >>"$work/all"
  if are_there "$work/round"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED round %d: %s of %s acknowledged memos are gone\n' "$round" "$(field errors <"$work/found")" \
      "$(lines "$work/round")"
  fi
  rm "$work/round"
done
# And all of them once more: a later crash must not take what an earlier one left.
if ! are_there "$work/all"; then
  failed=$((failed + 1))
  printf 'FAILED in the end %s of all acknowledged memos are gone\n' "$(field errors <"$work/found")"
fi
printf '%s acknowledged memos\n%d passed, %d failed\n' "$(lines "$work/all")" "$passed" "$failed"
[ "$failed" -eq 0 ]
