#!/usr/bin/env bash
# usage: check.sh PROGRAM PLUGIN   memora-plugin-check on storage-s3 against a real server.
set -u
# shellcheck source=tests/lib/s3.sh
source "$(dirname "$0")/../lib/s3.sh"
dir=$(mktemp -d "${TMPDIR:-/tmp}/memora-s3-test-XXXXXX") || exit 1
trap 's3_stop; rm -rf "$dir"' EXIT
s3_start "$dir" || exit 1
"$1" --quick "$2" "${S3_KEYS[@]}" >"$dir/out" 2>"$dir/err"
code=$?
grep -v '^ok ' "$dir/out"
cat "$dir/err"
left=$(find "$dir/objects" -path '*multipart*' -type f | head -n 3)
[ -z "$left" ] || { echo "parts of uploads are left: $left"; exit 1; }
exit $code
