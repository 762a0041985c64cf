#!/bin/bash
# usage: serve.sh MEMORA BAD_DIR   What an operator sees of a plugin that cannot be used: one clear line as the last
# thing, a status other than 0, and no banner.
set -u
memora=$1 bad=$2
work=$(mktemp -d /tmp/memora-serve-XXXXXX)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# refused NAME STATUS LINE FLAGS...   "@" in LINE stands for the gallery.
refused() {
    local name=$1 status=$2 line=${3//@/$bad} data=$work/$1 found
    shift 3
    timeout 120 "$memora" --config /dev/null --data "$data" --port 0 "$@" >"$work/out" 2>"$work/err"
    found=$?
    if [ "$found" -eq "$status" ] && tail -n 1 "$work/err" | grep -qF -- "$line" &&
        [ "$(grep -cvF level=INFO "$work/err")" -eq 1 ] && [ ! -s "$work/out" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $name: status $found instead of $status, expected: $line"
        cat "$work/out" "$work/err"
    fi
}

storage() { # NAME STATUS LINE
    refused "$1" "$2" "$3" --set "storage.plugin=$bad/storage-$1.so"
}

storage nowhere 1 'plugin @/storage-nowhere.so: cannot be opened: No such file or directory'
storage major 1 'plugin @/storage-major.so: built for ABI 2.3, expected 1.x'
storage minor 1 'plugin @/storage-minor.so: needs ABI 1.7 or newer, but this is 1.3'
storage noentry 1 'plugin @/storage-noentry.so: no symbol memora_plugin_v1, expected a plugin for ABI 1'
storage unresolved 1 'plugin @/storage-unresolved.so: cannot be loaded: undefined symbol: memora_test_function_that_is_nowhere'
storage load 1 'plugin @/storage-load.so: load() failed with -4: needs a moon of another colour'
storage good 1 'storage plugin @/storage-good.so: the disk is on holiday' # its open() fails
refused db 1 'plugin @/db-nocommit.so: required member commit of struct memora_db_ops is missing' \
    --set "database.plugin=$bad/db-nocommit.so"
refused missing-db 1 'db-nowhere.so: cannot be opened: No such file or directory' --set database.plugin=nowhere --set database.dsn=x
refused key 2 'command line --set: unknown key "colour" in [database] (plugin sqlite knows: ' \
    --set database.colour=red
refused value 2 'command line --set: database.synchronous = "maybe" is not valid (allowed: full|normal|extra)' \
    --set database.synchronous=maybe

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
