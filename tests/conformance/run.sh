#!/usr/bin/env bash
# Runs the Connect project's own conformance suite against our server. Ends with "N passed, N failed".
# Needs Go; without it there is nothing to run, which is said and is no failure. The runner is kept in the build tree.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
version=v1.0.7
build=${MEMORA_BUILD:-$root/build/debug}
tools=$root/build/conformance
runner=$tools/connectconformance
log=$tools/server.log

if ! command -v go >/dev/null; then
  echo "NOT RUN: no Go here, which the Connect conformance suite needs"
  exit 0
fi
mkdir -p "$tools"
if [ ! -x "$runner" ]; then
  GOBIN=$tools GOTOOLCHAIN=local go install "connectrpc.com/conformance/cmd/connectconformance@$version" || exit 1
fi
[ -d "$build" ] || cmake --preset debug >/dev/null || exit 1
cmake --build "$build" --target conformance-server >/dev/null || exit 1

# The runner wants each case of known-failing.txt to fail, so the list cannot go stale.
"$runner" --mode server --conf tests/conformance/config.yaml --known-failing @tests/conformance/known-failing.txt \
  -p 4 -- sh -c "exec '$build/tests/conformance/conformance-server' 2>>'$log'"
