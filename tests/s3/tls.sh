#!/usr/bin/env bash
# usage: tls.sh PROGRAM PLUGIN
# What memora-plugin-check asks of objects, of storage-s3 over HTTPS with an authority of our own, a bucket in the host
# name and a temporary key; and that each of them is refused when it is wrong.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib/s3.sh
source "$here/../lib/s3.sh"
dir=$(mktemp -d "${TMPDIR:-/tmp}/memora-s3-tls-XXXXXX") || exit 1
trap 's3_stop; rm -rf "$dir"' EXIT
program=$1 plugin=$2 failed=0
mkdir "$dir/tls" && "$here/../lib/certificates.sh" "$dir/tls" memora.localhost || exit 1

# The only server here that speaks TLS and knows temporary keys.
S3_SMALL=1 TLS_DIR=$dir/tls SESSION_TOKEN='a/temporary+token==' s3_start "$dir" || exit 1
port=${S3_ENDPOINT##*:}

# The whole kit runs over plain HTTP (check.sh).
group=(--only "storage put" --only "storage range" --only "storage list")
check() { # KEY=VALUE... : the kit, with these keys instead of the right ones
  local -A keys=([endpoint]=https://localhost:$port [bucket]=memora [access_key]=$S3_ACCESS_KEY
    [secret_key]=$S3_SECRET_KEY [session_token]='a/temporary+token==' [ca_file]=$dir/tls/ca.pem)
  local key arguments=()
  for key in "$@"; do keys[${key%%=*}]=${key#*=}; done
  for key in "${!keys[@]}"; do [ -z "${keys[$key]}" ] || arguments+=("$key=${keys[$key]}"); done
  "$program" --quick "${group[@]}" "$plugin" "${arguments[@]}" >"$dir/out" 2>&1
}
accepts() { # WHAT KEY=VALUE...
  check "${@:2}" && { echo "ok: $1"; return; }
  echo "FAILED: $1 is not accepted"
  grep -v '^ok ' "$dir/out"
  failed=1
}
refuses() { # WHAT MESSAGE KEY=VALUE...
  if ! check "${@:3}" && grep -q "$2" "$dir/out"; then
    echo "ok: $1 is refused"
  else
    echo "FAILED: $1 is not refused with \"$2\""
    grep -v '^ok ' "$dir/out" | head -n 20
    failed=1
  fi
}

accepts "our authority, a bucket in the host name, a temporary key"
# What is refused is refused by the first request.
group=(--only "storage list")
refuses "a certificate of another authority" "certificate of memora.localhost:$port is not trusted" \
  "ca_file=$dir/tls/other.pem"
refuses "a certificate of no known authority" "is not trusted (ca_file, verify_tls)" ca_file=
refuses "a certificate of another name" "certificate of localhost:$port is not trusted" path_style=yes
refuses "a wrong token" InvalidToken session_token=other
refuses "a missing token" InvalidToken session_token=
refuses "a wrong secret" "does not accept the signature; is secret_key right?" secret_key=other
accepts "any certificate without verify_tls" path_style=yes ca_file= verify_tls=no
exit $failed
