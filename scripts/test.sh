#!/usr/bin/env bash
# All tests. Shares the optimised build with `cargo run --release`.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
exec cargo test --release "$@"
