"""Writes the checkpoint's folder: averaged weights of train.py, its configuration and tokenizer."""

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

from layout import PART, SIDE, TEXT

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", type=Path, help="state.pt of train.py")
    parser.add_argument("data", type=Path, help="folder that data.py wrote")
    parser.add_argument("output", type=Path, help="folder of the checkpoint")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    state = torch.load(options.state, weights_only=True)
    config = state["config"] | {
        "torch_dtype": "bfloat16",
        "num_vq_tokens": SIDE * SIDE,
        "parabench_decoding": {
            "preset": "paper", "text_length": TEXT, "block_length": PART,
            "text_steps": 24, "image_steps": 24, "text_schedule": "linear", "image_schedule": "pow0.5",
            "text_temperature": 0, "temperature": 0, "image_cfg": 0,
        },
        "parabench_training_steps": state["step"],
    }
    (options.output / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    # As the released checkpoints, and half as large.
    weights = {name: weight.to(torch.bfloat16).contiguous() for name, weight in state["weights"].items()}
    save_file(weights, str(options.output / "model.safetensors"), metadata={"format": "pt"})
    shutil.copy(options.data / "tokenizer.json", options.output / "tokenizer.json")
    print(f"step {state['step']}: {sum(w.numel() for w in weights.values())} parameters")
