#!/usr/bin/env bash
# Where the time of a network on the CPU goes: shares of its kernels in steps of training or prediction,
# by Linux's perf. Arguments: NETWORK BATCH SIZE train|infer [STEPS].
# ARCLET_BENCH names a benchmark `networks` that was built before.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/arclet-target}"
[ $# -ge 4 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
program=${ARCLET_BENCH:-$(cargo bench --bench networks --no-run 2>&1 \
  | tee /dev/stderr | sed -n 's/.*Executable.*(\(.*\))/\1/p')}
record=$(mktemp)
trap 'rm -f "$record"' EXIT
# The first step allocates; one word on standard input is one round.
printf '1\n%s\n' "${5:-20}" | perf record -q -F 499 -o "$record" "$program" "$1" "$2" "$3" "$4" >/dev/null
perf report -i "$record" --no-children --sort symbol --stdio -g none 2>/dev/null \
  | grep -v '^#' | grep -v '^$' | head -25
