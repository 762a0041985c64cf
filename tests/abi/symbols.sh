#!/bin/sh
# usage: symbols.sh DIR   Every plugin in DIR exports memora_plugin_v1 and nothing else, is bound at load time, stays
# loaded, and finds all its symbols in the libraries that it names, so that it needs nothing of the core.
set -eu
failed=0
for plugin in "$1"/*.so; do
    [ -e "$plugin" ] || { echo "no plugin in $1"; exit 1; }
    # The sanitizers put marks of their own into the table.
    exported=$(nm -D --defined-only "$plugin" | awk '{ print $3 }' | grep -v '^__odr_asan' | tr '\n' ' ')
    [ "$exported" = "memora_plugin_v1 " ] || { echo "$plugin exports: $exported"; failed=1; }
    for flag in NOW NODELETE; do
        readelf -d "$plugin" | grep 'FLAGS_1' | grep -q "$flag" || { echo "$plugin: linked without $flag"; failed=1; }
    done
    missing=$(ldd -r "$plugin" 2>&1 | grep 'undefined symbol' | grep -Ev '__(asan|ubsan|tsan|lsan|sanitizer)_' || true)
    [ -z "$missing" ] || { echo "$plugin needs what its libraries lack: $missing"; failed=1; }
    echo "$plugin: ok"
done
exit $failed
