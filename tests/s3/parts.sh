#!/usr/bin/env bash
# usage: parts.sh PROGRAM   runs PROGRAM (parts.c) against a real S3 server, and against the small one, which knows no CRC-32C.
set -u
# shellcheck source=tests/lib/s3.sh
source "$(dirname "$0")/../lib/s3.sh"
dir=$(mktemp -d "${TMPDIR:-/tmp}/memora-s3-test-XXXXXX") || exit 1
trap 's3_stop; rm -rf "$dir"' EXIT
for small in '' 1; do
  S3_SMALL=$small s3_start "$dir/server$small" || exit 1
  export S3_ENDPOINT S3_BUCKET S3_ACCESS_KEY S3_SECRET_KEY
  "$1" "$dir/server$small" || exit 1
  left=$(find "$dir/server$small/objects" -path '*multipart*' -type f | head -n 3)
  [ -z "$left" ] || { echo "parts of uploads are left: $left"; exit 1; }
  s3_stop
done
