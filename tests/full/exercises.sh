#!/usr/bin/env bash
# The exercises of CONTRIBUTING.md: each patch still applies, touches the files that the text names and no others, and the
# program with all of them builds and does what they add. `--check` stops before the build.
set -euo pipefail
cd "$(dirname "$0")/../.."
patches=tests/full/exercises

# What CONTRIBUTING.md says of an exercise: the row of its table that names the patch.
for patch in "$patches"/*.patch; do
    name=$(basename "$patch")
    row=$(grep -F "\`$name\`" CONTRIBUTING.md) || { echo "CONTRIBUTING.md does not name $name"; exit 1; }
    named=$(grep -oE '`(src|benchmarks)/[^`]+`' <<< "$row" | tr -d '`' | sort)
    touched=$(git apply --numstat "$patch" | cut -f3 | sort)
    if [ "$named" != "$touched" ]; then
        printf '%s touches\n%s\nCONTRIBUTING.md names\n%s\n' "$name" "$touched" "$named"
        exit 1
    fi
    git apply --check "$patch"
    echo "$name applies and touches $(wc -l <<< "$touched") files"
done
[ "${1:-}" = --check ] && exit 0

tree=target/full/exercises
git worktree remove --force "$tree" 2> /dev/null || rm -rf "$tree"
git worktree prune
git worktree add --quiet --detach "$tree" HEAD
trap 'git worktree remove --force "$tree"' EXIT
for patch in "$patches"/*.patch; do
    git -C "$tree" apply "$PWD/$patch"
done
# Dependencies that are built here already are used; the program with the exercises lies apart.
(cd "$tree" && CARGO_TARGET_DIR=$OLDPWD/target cargo build --locked --bin parabench)
cp target/debug/parabench target/full/parabench-with-exercises
cargo build --locked --bin parabench
python3 tests/full/exercises.py target/full/parabench-with-exercises "$tree"
