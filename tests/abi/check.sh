#!/bin/sh
# usage: check.sh PROGRAM PLUGIN [WANTED [TIMEOUT]]   memora-plugin-check on a plugin, with a new directory for what it stores.
# Without WANTED everything must pass; with it ("GROUP: CHECK") that check must fail, or the program must bail out so.
set -u
dir=$(mktemp -d "${TMPDIR:-/tmp}/memora-check-test-XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/objects"
case $(basename "$2") in
db-*) key=dsn=$dir/check.db ;;
*) key=root=$dir/objects ;;
esac
wanted=${3:-}
if [ -n "$wanted" ]; then
    set -- "$1" "$2" --only "${wanted%%: *}" --timeout "${4:-120}"
else
    set -- "$1" "$2" --timeout 600
fi
program=$1 plugin=$2
shift 2
"$program" --quick "$@" "$plugin" "$key" >"$dir/out" 2>"$dir/err"
code=$?
# Sanitizers tell of a crash in their own ways.
sed -nE 's/.*(Sanitizer: SEGV|runtime error: null pointer).*/Bail out! the plugin crashed/p' "$dir/err" >>"$dir/out"
if [ -z "$wanted" ]; then
    grep -v '^ok ' "$dir/out"
    cat "$dir/err"
    exit $code
fi
if [ $code -eq 0 ] || ! grep -E '^(not ok|Bail out!)' "$dir/out" | grep -F -- "${wanted#*: }"; then
    echo "expected that \"$wanted\" fails; exit code $code, and this failed:"
    grep -vE '^ok ' "$dir/out"
    cat "$dir/err"
    exit 1
fi
