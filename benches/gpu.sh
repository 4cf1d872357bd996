#!/usr/bin/env bash
# Measures decoding on a CUDA machine and writes one JSON file:
#
#     benches/gpu.sh OUTPUT.json            # needs CUDA, onnxruntime-gpu, 40 GB of disk, and torch for the comparison
#     benches/gpu.sh --dry-run OUTPUT.json  # the same steps on the CPU with a tiny model; torch is left out where it lacks
#
# It builds with `cuda`, writes an 8B-shaped random checkpoint in bfloat16 and exports it, compares logits of a small
# checkpoint with the CPU's, and measures text and image steps, tokens per second and memory, beside the released
# decoder's steps in PyTorch on the same weights. GPU_DEVICE names the device (cuda:0), GPU_WORK the folder for the
# checkpoint. ORT_DYLIB_PATH or PARABENCH_ONNXRUNTIME names the library of onnxruntime-gpu.
#
# Tried: the dry run. Not tried: a run on a GPU; no figure of one is published until it was.
set -euo pipefail
output=$(realpath -m "${!#}")
cd "$(dirname "$0")/.."
shape=8b device=${GPU_DEVICE:-cuda:0} features=(--features cuda) profile=(--release) folder=release bench_profile=()
if [ "${1:-}" = --dry-run ]; then
    shape=tiny device=cpu features=() profile=() folder=debug bench_profile=(--profile dev)
elif [ $# != 1 ]; then
    sed -n '2,14s/^# \{0,1\}//p' "$0"
    exit 2
fi
if [ $# -gt 2 ]; then
    echo "expected one file for the result" >&2
    exit 2
fi
work=${GPU_WORK:-$PWD/target/gpu}
rm -rf "$work"
mkdir -p "$work" "$(dirname "$output")"
export PARABENCH_ONNXRUNTIME=${PARABENCH_ONNXRUNTIME:-${ORT_DYLIB_PATH:-}}
[ -n "$PARABENCH_ONNXRUNTIME" ] || unset PARABENCH_ONNXRUNTIME

cargo build --locked --bin parabench ${profile[@]+"${profile[@]}"} ${features[@]+"${features[@]}"}
part() { cargo bench --locked --bench gpu ${bench_profile[@]+"${bench_profile[@]}"} ${features[@]+"${features[@]}"} -- "$@" | tail -n 1; }
part make "$shape" "$work" > "$work/made.json"
part states "$work" "$device" > "$work/states.json"
python3 benches/gpu.py --program "target/$folder/parabench" --work "$work" --device "$device" --output "$output"
