#!/usr/bin/env bash
# Makes reports/viescore and reports/viescore-judges again from the marks in examples/viescore.
# From the repository's root: examples/viescore/remake.sh
# PARABENCH names the program; by default it is built.
set -euo pipefail
cd "$(dirname "$0")/../.."
read -r -a parabench <<< "${PARABENCH:-cargo run --release --quiet --}"
marks=examples/viescore
tables=reports/viescore-judges
models="CycleDiffusion DiffEdit MagicBrush Pix2PixZero Prompt2prompt SDEdit Text2Live"

export PARABENCH_CACHE=results/viescore-cache
rm -rf results/viescore reports/viescore "$tables"
mkdir -p results/viescore "$tables"

runs() { for model in $models; do echo "$1-$model"; done; }
people() { "${parabench[@]}" compare $(runs "$1") --baseline "$1-InstructPix2Pix" --results results/viescore \
    --human "$marks/$2" --human-scale 0..1 --human-step 0.5 | sed -n '/^Human ratings/,$p'; }

for judge in gemini gpt4v llava qwenvl; do
    "${parabench[@]}" scores import "$marks/judges/${judge}_0shot" --suite viescore-imagenhub --as viescore \
        --judge "${judge}_0shot" -o "results/viescore/$judge" > "$tables/import-$judge.txt"
    people "$judge" people.csv > "$tables/people-$judge.txt"
    "${parabench[@]}" leaderboard $(runs "$judge") "$judge-InstructPix2Pix" --results results/viescore > "$tables/ranks-$judge.txt"
done
people gemini people-40-pictures.csv > "$tables/people-gemini-40-pictures.txt"

# The marks of people as runs, to rank by them.
"${parabench[@]}" scores import "$marks/people.csv" --suite imagenhub --repeats-in-order \
    --judge people -o results/viescore/people > "$tables/import-people.txt"
"${parabench[@]}" leaderboard $(runs people) people-InstructPix2Pix --results results/viescore > "$tables/ranks-people.txt"

"${parabench[@]}" report $(runs gemini) --baseline gemini-InstructPix2Pix --results results/viescore -o reports/viescore > /dev/null
"${parabench[@]}" verify reports/viescore
