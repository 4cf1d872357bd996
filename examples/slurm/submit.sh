#!/bin/bash
# Sends the whole chain: an array of eight, at most four at a time, then the job that merges, judges and reports.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

array=$(sbatch --parsable --array=0-7%4 "$here/generate.sbatch")
judge=$(sbatch --parsable --dependency=afterany:"$array" "$here/judge.sbatch")
echo "array $array, then judge job $judge; how far they are: parabench runs status ${NAME:-mine}"
