#!/usr/bin/env bash
# Checks the gate of action.yml: gate.sh PROGRAM GATE. Makes two runs of control models and compares them.
set -uo pipefail
program=$1 gate=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
for model in truth blank; do
    "$program" run --suite shapes --limit 12 --model "control:$model" --judge oracle --no-progress --name "$model" \
        > run.txt 2>&1 || { cat run.txt; exit 1; }
done

failed=0
# expect CODE CANDIDATE BASELINE REQUIRE
expect() {
    : > output; : > summary
    env PARABENCH="$program" CANDIDATE="$2" BASELINE="$3" REQUIRE="$4" COMPARISON="$folder/comparison.json" \
        GITHUB_OUTPUT="$folder/output" GITHUB_STEP_SUMMARY="$folder/summary" "$gate" > said.txt 2>&1
    local code=$?
    if [ "$code" != "$1" ]; then
        echo "FAILED: expected exit code $1, found $code for: $4"; cat said.txt; failed=1
    fi
}
expect 4 results/blank results/truth $'overall > 0\n'
grep -qx 'exit-code=4' output && grep -q 'exit code 4' summary && [ -s comparison.json ] || { echo "FAILED: outputs"; failed=1; }
expect 0 results/truth results/blank $'\n  text_quality > -2.5  \n'
expect 2 results/truth results/blank $' \n'
expect 2 results/truth results/blank 'nonsense'
expect 2 results/truth results/blank $'overall > 0; touch ran\n$(touch ran)'
[ ! -e ran ] || { echo "FAILED: a condition was run"; failed=1; }
[ "$failed" = 0 ] && echo "the gate holds"
exit "$failed"
