# shellcheck shell=bash
# An S3 server for tests, over a directory, that verifies signatures: versitygw, or where that cannot be built for want
# of Go the small one of s3server.mjs. Sourced.
#   s3_start DIR [BUCKET]   starts one on a free port of 127.0.0.1 with its data below DIR; sets S3_ENDPOINT, S3_BUCKET,
#                           S3_ACCESS_KEY, S3_SECRET_KEY, S3_REGION, S3_PID, and S3_KEYS, the plugin's keys. Fails, and
#                           says why, if it does not start.
#   s3_stop                 ends it
# VERSITYGW names a program to use; else it is built once through the Go module proxy, into build/versitygw. S3_SMALL=1
# takes the small one in any case.
s3_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
s3_version=v1.8.0

s3_program() { # prints nothing where it is the small one
  if [ "${S3_SMALL:-}" = 1 ]; then
    :
  elif [ -n "${VERSITYGW:-}" ]; then
    echo "$VERSITYGW"
  elif command -v versitygw; then
    :
  else
    local folder=$s3_root/build/versitygw
    if [ ! -x "$folder/versitygw" ]; then
      command -v go >/dev/null || return 0
      mkdir -p "$folder"
      echo "s3: building versitygw $s3_version" >&2
      GOBIN=$folder go install "github.com/versity/versitygw/cmd/versitygw@$s3_version" >"$folder/log" 2>&1 ||
        { tail -n 5 "$folder/log" >&2; echo "s3: versitygw cannot be built" >&2; return 1; }
    fi
    echo "$folder/versitygw"
  fi
}

s3_free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

s3_start() { # DIR [BUCKET]
  local dir=$1 program port attempt until
  S3_BUCKET=${2:-memora}
  S3_ACCESS_KEY=memoratest S3_SECRET_KEY=memora-test-secret S3_REGION=us-east-1
  program=$(s3_program) || return 1
  mkdir -p "$dir/objects/$S3_BUCKET" "$dir/meta"
  for attempt in 1 2 3; do
    port=$(s3_free_port) || return 1
    if [ -n "$program" ]; then
      ROOT_ACCESS_KEY=$S3_ACCESS_KEY ROOT_SECRET_KEY=$S3_SECRET_KEY "$program" --quiet --region "$S3_REGION" \
        --port "127.0.0.1:$port" posix --sidecar "$dir/meta" "$dir/objects" >"$dir/server.log" 2>&1 &
    else
      ROOT_ACCESS_KEY=$S3_ACCESS_KEY ROOT_SECRET_KEY=$S3_SECRET_KEY REGION=$S3_REGION \
        node "$s3_root/tests/lib/s3server.mjs" "$port" "$dir/objects" "$dir/meta" >"$dir/server.log" 2>&1 &
    fi
    S3_PID=$!
    # shellcheck disable=SC2034
    S3_ENDPOINT=http://127.0.0.1:$port
    # shellcheck disable=SC2034
    S3_KEYS=("endpoint=$S3_ENDPOINT" "bucket=$S3_BUCKET" path_style=yes "access_key=$S3_ACCESS_KEY"
      "secret_key=$S3_SECRET_KEY" "region=$S3_REGION")
    until=$((SECONDS + 60))
    while [ "$SECONDS" -lt "$until" ]; do
      kill -0 "$S3_PID" 2>/dev/null || break
      (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return 0
      sleep 0.1
    done
    echo "s3: attempt $attempt did not start:" >&2
    tail -n 5 "$dir/server.log" >&2
    s3_stop
  done
  return 1
}

s3_stop() {
  [ -n "${S3_PID:-}" ] || return 0
  kill "$S3_PID" 2>/dev/null
  wait "$S3_PID" 2>/dev/null
  S3_PID=
}
