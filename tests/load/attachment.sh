#!/usr/bin/env bash
# usage: scripts/bench --attachment [--storage fs|s3] [--size MIB] [--rounds R] [--json] [--no-build] [--check]
# One large attachment up, as a form and as a binary message, and down again: the rate, as a part of what the store itself
# takes and gives in the same minute, and by how much the memory of the server grows above what it takes when idle. Over fs
# the store is the disk: a copy that is synchronised, and curl reading the file; over s3 it is curl with a private S3
# server. What comes down is compared with what went up. Downloads run in turns with the store, R rounds (5); the median of
# the ratios counts. Over fs there is a second floor beside the disk: libmicrohttpd sending the same file over HTTP
# (tests/load/floor_file.c). Processor time a GiB is told, too, which other load on the machine changes less.
# --check: exit status 1 when a goal is missed.
set -euo pipefail
cd "$(dirname "$0")/../.."

storage=fs size=1024 rounds=5 json=0 build=1 check=0
while [ $# -gt 0 ]; do
  case $1 in
    --?*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
  esac
  case $1 in
    --attachment) ;;
    --storage) storage=$2; shift ;;
    --size) size=$2; shift ;;
    --rounds) rounds=$2; shift ;;
    --json) json=1 ;;
    --no-build) build=0 ;;
    --check) check=1 ;;
    *) sed -n '2p' "$0" >&2; exit 2 ;;
  esac
  shift
done
case $storage in fs | s3) ;; *) sed -n '2p' "$0" >&2; exit 2 ;; esac

out=${MEMORA_BUILD:-$PWD/build/release}
if [ "$build" = 1 ]; then
  { cmake --preset release && cmake --build --preset release; } >/dev/null
fi
floor_program=$out/tests/load/memora-floor-file
[ "$storage" = s3 ] || [ -x "$floor_program" ] || { echo "$floor_program is not built" >&2; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/memora-bench-XXXXXX")
server='' floor_server='' missed=0
clean_up() {
  [ -z "$floor_server" ] || { kill "$floor_server" 2>/dev/null && wait "$floor_server"; } || true
  [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server"; } || true
  [ "$storage" = fs ] || s3_stop
  rm -rf "$work"
}
trap clean_up EXIT

start() {
  local args=(--port 0 --addr 127.0.0.1 --data "$work/data" --set "limits.max_body=$((size + 64))M" --set limits.max_spool=64G)
  if [ "$storage" = s3 ]; then
    . tests/lib/s3.sh
    s3_start "$work/s3" >&2
    export MEMORA_STORAGE_PLUGIN=s3 MEMORA_STORAGE_ENDPOINT=$S3_ENDPOINT MEMORA_STORAGE_BUCKET=$S3_BUCKET \
      MEMORA_STORAGE_REGION=$S3_REGION MEMORA_STORAGE_PATH_STYLE=yes MEMORA_STORAGE_ACCESS_KEY=$S3_ACCESS_KEY \
      MEMORA_STORAGE_SECRET_KEY=$S3_SECRET_KEY
  fi
  "$out/core/memora" "${args[@]}" >"$work/log" 2>&1 &
  server=$!
  until url=http://$(sed -n 's/^Server running on //p' "$work/log") && [ "$url" != http:// ]; do
    kill -0 "$server" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 0.05
  done
}
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }
call() { # METHOD PATH BODY
  curl -sS --fail-with-body -X "$1" -H 'Content-Type: application/json' ${token:+-H "Authorization: Bearer $token"} \
    --data "$3" "$url$2"
}
memory() { # FIELD: bytes
  awk -v f="^$1:" '$0 ~ f { print $2 * 1024 }' "/proc/$server/status"
}
now() { date +%s.%N; }
rate() { # SECONDS: MiB per second
  awk -v n="$size" -v s="$1" 'BEGIN { printf "%.1f", n / (s > 0 ? s : 0.001) }'
}
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.3f", b - a }'; }
show() { # NAME RATE FLOOR GROWTH
  local part=$(awk -v a="$2" -v b="$3" 'BEGIN { printf "%.2f", a / b }')
  local grown=$(awk -v b="$4" 'BEGIN { printf "%.1f", b / 1048576 }')
  local met=met
  awk -v p="$part" -v g="$grown" 'BEGIN { exit !(p >= 0.7 && g <= 8) }' || { met=MISSED; missed=1; }
  if [ "$json" = 1 ]; then
    printf '{"name":"%s","mib_per_second":%s,"part_of_store":%s,"growth_mib":%s}\n' "$1" "$2" "$part" "$grown"
  else
    printf '%-16s %8s MiB/s  %5s of the store  (>= 0.7)  memory + %5s MiB  (<= 8)  %s\n' "$1" "$2" "$part" "$grown" "$met"
  fi
}
idle_memory() {
  echo 5 >"/proc/$server/clear_refs"
  memory VmRSS
}

start
token=''
call POST /api/v1/users '{"username":"bench","password":"bench-password"}' >/dev/null
token=$(call POST /api/v1/auth/signin '{"passwordCredentials":{"username":"bench","password":"bench-password"}}' | field accessToken)
call PATCH '/api/v1/instance/settings/STORAGE?updateMask=storageSetting' '{"name":"instance/settings/STORAGE",
  "storageSetting":{"storageType":"LOCAL","uploadSizeLimitMb":"'"$size"'","filepathTemplate":"assets/{uuid}_{filename}"}}' >/dev/null
auth=(-H "Authorization: Bearer $token")
head -c "${size}M" /dev/urandom >"$work/file"
sum=$(sha256sum <"$work/file")

# A varint in octal escapes, for printf.
varint() {
  local n=$1
  while [ "$n" -ge 128 ]; do printf '\\%03o' $((n % 128 + 128)); n=$((n / 128)); done
  printf '\\%03o' "$n"
}
# CreateAttachmentRequest{attachment{filename: "b.bin", type: "a/b", content: the file}}
head_of_message() {
  local bytes=$((size * 1048576)) inner
  inner="\\032\\005b.bin\\062\\003a/b\\042$(varint "$bytes")"
  printf "\\012$(varint $((bytes + $(printf "$inner" | wc -c))))$inner"
}
{ head_of_message; cat "$work/file"; } >"$work/body"
store_put() {
  if [ "$storage" = fs ]; then
    local begun=$(now)
    dd if="$work/file" of="$work/data/floor" bs=64K conv=fsync status=none
    since "$begun"
  else
    curl -sS --fail -o /dev/null -w '%{time_total}' --aws-sigv4 "aws:amz:$S3_REGION:s3" --user "$S3_ACCESS_KEY:$S3_SECRET_KEY" \
      -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -T "$work/file" "$S3_ENDPOINT/$S3_BUCKET/floor"
  fi
}
store_get() {
  if [ "$storage" = fs ]; then
    curl -sS -o /dev/null -w '%{time_total}' "file://$work/data/floor"
  else
    curl -sS --fail -o /dev/null -w '%{time_total}' --aws-sigv4 "aws:amz:$S3_REGION:s3" --user "$S3_ACCESS_KEY:$S3_SECRET_KEY" \
      -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "$S3_ENDPOINT/$S3_BUCKET/floor"
  fi
}
upload() { # WAY: seconds, and the name in $work/name
  case $1 in
    form)
      curl -sS --fail-with-body -o "$work/answer" -w '%{time_total}' "${auth[@]}" -H Expect: -F "file=@$work/file;filename=b.bin" \
        "$url/api/v1/attachments" ;;
    binary)
      curl -sS --fail-with-body -o "$work/answer" -w '%{time_total}' "${auth[@]}" \
        -X POST -H Expect: -H 'Content-Type: application/proto' -T "$work/body" \
        "$url/memos.api.v1.AttachmentService/CreateAttachment" ;;
  esac
  grep -ao 'attachments/[0-9A-Za-z]*' "$work/answer" | head -n 1 >"$work/name"
}

for way in form binary; do
  floor=$(rate "$(store_put)")
  idle=$(idle_memory)
  taken=$(rate "$(upload "$way")")
  show "upload $way" "$taken" "$floor" $(($(memory VmHWM) - idle))
done

http_floor() { # seconds: libmicrohttpd and the same file
  curl -sS --fail -o /dev/null -w '%{time_total}' "http://127.0.0.1:$floor_port/"
}
start_http_floor() {
  for floor_port in $(seq $((20000 + RANDOM % 10000)) 7 32000); do
    "$floor_program" "$floor_port" "$work/data/floor" &
    floor_server=$!
    until curl -sS -o /dev/null --range 0-0 --max-time 10 "http://127.0.0.1:$floor_port/" 2>/dev/null; do
      kill -0 "$floor_server" 2>/dev/null || continue 2 # the port is taken
      sleep 0.05
    done
    return
  done
  exit 1
}
download() { # seconds
  curl -sSL --fail -o /dev/null -w '%{time_total}' "${auth[@]}" "$url/file/$(cat "$work/name")/b.bin"
}
# Processor seconds of a process so far.
used() { # PID
  awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) / hz }' "/proc/$1/stat"
}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
column() { awk -v c="$1" '{ print $c }' "$work/rounds"; }

[ "$storage" = s3 ] || start_http_floor
idle=$(idle_memory)
for ((round = 0; round < rounds; round++)); do
  floor=$(store_get)
  http=$floor
  [ "$storage" = s3 ] || http=$(http_floor)
  before=$(used "$server") store_before=$(used "${S3_PID:-$server}")
  taken=$(download)
  echo "$floor $http $taken $before $(used "$server") $store_before $(used "${S3_PID:-$server}")" |
    awk -v n="$size" '{ print n / $3, $1 / $3, $2 / $3, ($5 - $4) * 1024 / n, ($7 - $6) * 1024 / n }' >>"$work/rounds"
done
grown=$(($(memory VmHWM) - idle))
show_download() { # NAME COLUMN
  local part=$(column "$2" | median)
  show "$1" "$(column 1 | median | cut -d. -f1)" "$(awk -v r="$(column 1 | median)" -v p="$part" 'BEGIN { print r / p }')" "$grown"
}
show_download download 2
[ "$storage" = s3 ] || show_download 'download / HTTP' 3
if [ "$json" = 0 ]; then
  printf 'processor time of a GiB down: Memora %.2f s' "$(column 4 | median)"
  [ "$storage" = fs ] || printf ', the store %.2f s' "$(column 5 | median)"
  echo
fi
[ "$(curl -sSL "${auth[@]}" "$url/file/$(cat "$work/name")/b.bin" | sha256sum)" = "$sum" ] ||
  { echo "what came down is not what went up" >&2; exit 1; }
[ "$check" = 0 ] || [ "$missed" = 0 ]
