#!/usr/bin/env bash
# Makes reports/sample from the demo and, where Chromium is there, the README's picture of it.
# From the repository's root: examples/sample_report.sh
# PARABENCH names the program; by default it is built.
set -euo pipefail
cd "$(dirname "$0")/.."
read -r -a parabench <<< "${PARABENCH:-cargo run --release --quiet --}"

# A relative folder, so that no path of the machine is in the report.
export PARABENCH_CACHE=results/sample-cache
rm -rf results/sample reports/sample
"${parabench[@]}" demo --results results/sample --report reports/sample

if command -v chromium > /dev/null; then
    chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars --window-size=1100,1500 \
        --screenshot="$PWD/docs/report.png" "file://$PWD/reports/sample/index.html" 2> /dev/null
fi
