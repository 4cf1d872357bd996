"""Measures a bundle that benches/gpu.sh made, and the released decoder's steps in PyTorch beside it; writes one JSON."""

import argparse
import json
import os
import platform
import subprocess
import sys
import threading
import time
from pathlib import Path

#: The released README's settings of family A, with few steps of each kind: a step costs the same whatever their number.
RELEASED = "preset=released-a&text_steps=16&image_steps=8&text_length=256"
TINY = "text_steps=8&image_steps=4&text_length=12"


class GpuMemory:
    """The most memory that a device's processes held while it was watched, in MiB; `None` without nvidia-smi."""

    def __init__(self, device: str) -> None:
        self.index = device.partition(":")[2] or "0"
        self.most, self.going = None, device != "cpu"
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def watch(self) -> None:
        query = ["nvidia-smi", f"--id={self.index}", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
        while self.going:
            try:
                used = int(subprocess.run(query, capture_output=True, text=True, check=True).stdout)
            except (OSError, ValueError, subprocess.CalledProcessError):
                return
            self.most = max(self.most or 0, used)
            time.sleep(0.2)

    def __enter__(self) -> "GpuMemory":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.going = False
        self.thread.join()


def measured(command: list, device: str, environment: dict) -> dict:
    """The JSON that a command prints last, with the memory that it took."""
    with GpuMemory(device) as memory:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        text = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        raise SystemExit(f"{command} ended with exit code {code}")
    found = json.loads(text)
    found = found.get("result", found)
    # Linux counts in KiB.
    return {**found, "peak_rss_mib": usage.ru_maxrss / 1024, "gpu_memory_mib": memory.most}


def torch_steps(work: Path, device: str, dry: bool) -> dict:
    try:
        import torch
    except ImportError:
        if dry:
            return {"left_out": "torch is not installed"}
        raise SystemExit("torch is not installed: the comparison with PyTorch needs it") from None
    del torch
    script = Path(__file__).with_name("onnx") / "torch_decode.py"
    command = [sys.executable, str(script), str(work / "checkpoint"), "--device", device, "--json"]
    return measured(command, device, dict(os.environ))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("program", "work", "device", "output"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    work, device, dry = Path(options.work), options.device, options.device == "cpu"
    environment = dict(os.environ)
    steps = {}
    for strategy in ("parallel", "sequential"):
        bundle = f"{work}/bundle?{TINY if dry else RELEASED}&device={device}&strategy={strategy}"
        steps[strategy] = measured([options.program, "bench-model", bundle, "--json"], device, environment)
    states = json.loads((work / "states.json").read_text())
    result = {
        "schema": 1,
        "dry_run": dry,
        "machine": {"system": platform.platform(), "processors": os.cpu_count(), "gpu": gpu_name(device)},
        "model": json.loads((work / "made.json").read_text()),
        "states_beside_the_cpu": states,
        "parabench": steps,
        "pytorch": torch_steps(work, device, dry),
    }
    # A device that computes something else is no faster way to the same result.
    if states["largest_difference"] > 0.01 * states["largest_logit"]:
        raise SystemExit(f"the logits of {device} differ from the CPU's: {states}")
    for strategy, found in steps.items():
        if not found["tokens_per_s"] > 0:
            raise SystemExit(f"{strategy}: nothing was decoded: {found}")
    Path(options.output).write_text(json.dumps(result, indent=2) + "\n")
    print(f"wrote {options.output}")


def gpu_name(device: str) -> object:
    if device == "cpu":
        return None
    query = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    return subprocess.run(query, capture_output=True, text=True, check=True).stdout.strip().splitlines()


main()
