#!/usr/bin/env bash
# Our networks and PyTorch's on the same two cores in turn: images per second of training and of
# inference, their ratio, and the peak memory of each process.
# Needs Python with torch and torchvision. Arguments go to compare_pytorch.py (--help).
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/arclet-target}"
# Which of the built programs is the benchmark, cargo says; ARCLET_BENCH names one built before.
program=${ARCLET_BENCH:-$(cargo bench --bench networks --no-run 2>&1 \
  | tee /dev/stderr | sed -n 's/.*Executable.*(\(.*\))/\1/p')}
exec python3 scripts/compare_pytorch.py --program "$program" "$@"
