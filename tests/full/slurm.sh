#!/usr/bin/env bash
# A run in shards on a real Slurm: an array of eight with a throttle, one task requeued, one killed, then the job that
# merges, judges and reports. The scripts of examples/slurm do the work; the score table must be that of the whole run.
#
#   tests/full/slurm.sh BINARY
#
# Starts a Slurm of one node on loopback for itself, with two GPUs that it only claims to have: no systemd, no cgroups, no
# database. Needs root; installs munge and Slurm with apt where they are missing. Ends with 77, and says why, where it cannot.
set -euo pipefail

binary=$(realpath "${1:?usage: slurm.sh BINARY}")
examples=$(cd "$(dirname "$0")/../../examples/slurm" && pwd)
# A socket lies in it, so the path must be short.
dir=$(mktemp -d /tmp/parabench-slurm.XXXXXX)
export SLURM_CONF="$dir/slurm.conf"
pids=()

left_out() {
    echo "LEFT OUT: $*"
    trap - EXIT
    rm -rf "$dir"
    exit 77
}
fail() { echo "FAILED: $*"; exit 1; }
holds() { # WHAT CONDITION...
    "${@:2}" || fail "$1"
    echo "holds: $1"
}
wait_for() { # SECONDS WHAT COMMAND...
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" > /dev/null 2>&1; do
        [ $SECONDS -lt "$end" ] || fail "$what: not within the time"
        sleep 0.1
    done
}

# --- Slurm

stop() {
    trap - EXIT
    scancel --user=root 2> /dev/null || true
    sleep 1
    local pid
    for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
    wait 2> /dev/null || true
    [ "${1:-}" = keep ] || rm -rf "$dir"
}
trap 'echo "logs are in $dir"; stop keep' EXIT

install() {
    local program missing=0 policy=/usr/sbin/policy-rc.d ours=0 rc=0
    PATH=$PATH:/usr/sbin
    for program in munged slurmctld slurmd sbatch; do
        command -v $program > /dev/null || missing=1
    done
    [ $missing = 1 ] || return 0
    command -v apt-get > /dev/null || left_out "Slurm is not installed, and there is no apt-get"
    # The packages must not start daemons of their own.
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' > $policy && chmod 755 $policy
        ours=1
    fi
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        munge slurmctld slurmd slurm-client; } > "$dir/apt.log" 2>&1 || rc=$?
    [ $ours = 0 ] || rm -f $policy
    [ $rc = 0 ] || left_out "apt-get cannot install Slurm: $(tail -1 "$dir/apt.log")"
}

free_port() {
    local port
    for port in $(seq 26917 2 26999); do
        if ! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null && ! (exec 3<> "/dev/tcp/127.0.0.1/$((port + 1))") 2> /dev/null; then
            echo "$port"
            return
        fi
    done
    fail "no free port"
}

start() {
    local host port
    host=$(hostname -s)
    port=$(free_port)
    mkdir -p "$dir/state" "$dir/spool"
    cat > "$SLURM_CONF" << CONF
ClusterName=parabench
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# A requeued job waits for the end of its credential.
AuthInfo=socket=$dir/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1
JobRequeue=1
KillWait=5
ReturnToService=2
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName=$host NodeAddr=127.0.0.1 CPUs=32 Sockets=1 CoresPerSocket=32 ThreadsPerCore=1 RealMemory=1000 Gres=gpu:2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
    # Slurm wants a device behind each GPU; nothing opens them.
    printf "NodeName=$host Name=gpu File=%s\n" /dev/null /dev/zero > "$dir/gres.conf"
    (umask 077 && head -c 1024 /dev/urandom > "$dir/munge.key")
    munged --force --foreground --socket="$dir/munge.socket" --key-file="$dir/munge.key" --pid-file="$dir/munged.pid" \
        --log-file="$dir/munged.log" --seed-file="$dir/munged.seed" --num-threads=2 > "$dir/munged.out" 2>&1 &
    pids+=($!)
    wait_for 10 "munged" test -S "$dir/munge.socket"
    slurmctld -D > "$dir/slurmctld.out" 2>&1 &
    pids+=($!)
    wait_for 20 "slurmctld" scontrol ping
    slurmd -D > "$dir/slurmd.out" 2>&1 &
    pids+=($!)
    wait_for 30 "an idle node" sh -c 'sinfo -h -o %T | grep -qx idle'
    echo "Slurm $(sinfo --version) runs"
}

[ "$(id -u)" = 0 ] || left_out "only root can start a Slurm"
install
start

# --- the run: 300 tasks of shapes, a model that takes 0.06 s for each

work=$dir/work
mkdir -p "$work/m"
cd "$work"
export PARABENCH=$binary PARABENCH_CACHE=$work/cache NAME=mine SUITE=shapes JUDGE=oracle MODEL=command:m/m.toml
printf 'program = "python3"\nargs = ["m.py"]\n' > m/m.toml
cat > m/m.py << 'MODEL'
import json, struct, sys, time, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
print(json.dumps({"hello": 1}), flush=True)
for line in sys.stdin:
    task = json.loads(line)
    time.sleep(0.06)
    grey = task["seed"] % 200
    pixels = b"".join(b"\0" + bytes([grey] * 3 * 16) for _ in range(16))
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0))
    png += chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    path = task["output"] + ".png"
    with open(path, "wb") as out:
        out.write(png)
    print(json.dumps({"id": task["id"], "reasoning": f"grey {grey}", "image": path}), flush=True)
MODEL

answers() { wc -l < "results/mine.shards/$1-of-8/samples.jsonl" 2> /dev/null || echo 0; }
has_begun() { [ "$(answers "$1")" -ge 3 ]; }
queue_is_empty() { [ -z "$(squeue -h -a -r)" ]; }
# The process of one shard, found by its job's environment and by its own program.
process_of() {
    local folder
    for folder in /proc/[0-9]*; do
        if [ "$(readlink "$folder/exe" 2> /dev/null)" = "$binary" ] &&
            grep -qzx "SLURM_CONF=$SLURM_CONF" "$folder/environ" 2> /dev/null &&
            grep -qzx "SLURM_ARRAY_TASK_ID=$1" "$folder/environ" 2> /dev/null &&
            tr '\0' ' ' < "$folder/cmdline" | grep -q ' generate '; then
            echo "${folder#/proc/}"
            return
        fi
    done
    return 1
}

array=$(sbatch --parsable --array=0-7%2 "$examples/generate.sbatch")
first=$(sbatch --parsable --dependency=afterany:"$array" "$examples/judge.sbatch")
wait_for 60 "shard 1" has_begun 1
scontrol requeue "${array}_1"
wait_for 120 "shard 5" has_begun 5
holds "no more than two shards at a time" test "$(squeue -h -r -t R -j "$array" | wc -l)" -le 2
"$binary" runs status mine
kill -KILL "$(process_of 5)"
wait_for 180 "the end of all jobs" queue_is_empty

holds "the requeued shard resumed and is complete" test "$(answers 1)" = "$(answers 2)"
holds "the killed shard kept what it had, and is not complete" test "$(answers 5)" -lt "$(answers 6)"
holds "merge named the killed shard and wrote nothing" grep -q -- "--array=5 " "judge-$first.log"
holds "there is no merged run" test ! -e results/mine

# What merge said: send 5 again.
again=$(sbatch --parsable --array=5 "$examples/generate.sbatch")
second=$(sbatch --parsable --dependency=afterany:"$again" "$examples/judge.sbatch")
wait_for 120 "the end of all jobs" queue_is_empty
holds "the second judge job merged all eight" grep -q "^merged  8 of 8 shards, 300 answers" "judge-$second.log"
holds "it wrote the report" test -s reports/mine/index.html

"$binary" run --suite shapes --model "$MODEL" --judge oracle --name whole --no-progress > /dev/null 2>&1
holds "the score table is that of the whole run" cmp results/mine/scores.csv results/whole/scores.csv
stop
echo "a run in eight shards on Slurm: all holds"
