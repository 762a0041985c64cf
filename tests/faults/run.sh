#!/usr/bin/env bash
# Servers of this build among faults: databases that refuse or go away, disks that are full or read-only, tables that are locked,
# stores that break off.
# usage: run.sh [FILE...]   MEMORA_BUILD names the build (build/debug)
# Disks are small tmpfs in a mount namespace of their own, which root may make, and others where the kernel lets users
# make namespaces. Where neither is possible this fails: a full disk is not something to leave untested.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if [ "${1:-}" != --inside ]; then
  for how in "--mount" "--user --map-root-user --mount"; do
    # shellcheck disable=SC2086
    if unshare $how --propagation private true 2>/dev/null; then
      # shellcheck disable=SC2086
      exec unshare $how --propagation private "${BASH_SOURCE[0]}" --inside "$@"
    fi
  done
  echo "run.sh: no mount namespace can be made here; run this as root with CAP_SYS_ADMIN" >&2
  echo "0 passed, 1 failed"
  exit 1
fi
shift

# shellcheck source=tests/lib/s3.sh
source "$root/tests/lib/s3.sh"
work=$(mktemp -d /tmp/memora-faults-XXXXXX)
chmod 755 "$work"
# shellcheck disable=SC2317 # by the trap
clean_up() {
  s3_stop
  "$root/tests/lib/mariadb.sh" remove "$work/mariadb"
  "$root/tests/lib/postgres.sh" remove "$work/postgres"
  umount --lazy "$work"/disk-* 2>/dev/null
  rm -rf "$work"
}
trap clean_up EXIT
for disk in sqlite files mysql postgres; do
  mkdir "$work/disk-$disk" && mount -t tmpfs -o size=48m,mode=777 memora "$work/disk-$disk" || exit 1
done
"$root/tests/lib/mariadb.sh" start "$work/mariadb" || exit 1
"$root/tests/lib/postgres.sh" start "$work/postgres" || exit 1
s3_start "$work/s3" || exit 1
export S3_ENDPOINT S3_BUCKET S3_ACCESS_KEY S3_SECRET_KEY S3_REGION MEMORA_FAULTS_OBJECTS=$work/s3/objects
export MEMORA_TEST_MARIADB=$work/mariadb MEMORA_TEST_POSTGRES=$work/postgres MEMORA_FAULTS_DIR=$work
cd "$root/tests/faults" || exit 1
[ $# -gt 0 ] || set -- *.test.js
node --test --test-concurrency=1 "$@"
