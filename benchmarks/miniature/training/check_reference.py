"""Checks model.py and vq.py against recorded outputs of the released PyTorch code: a folder with
`lm-a/` and `vq-a/`, each holding weights, config.json and recorded tensors."""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import load_file

from model import Llada
from vq import VqModel, to_bytes


def worst(ours, theirs):
    return float((ours - theirs).abs().max())


@torch.no_grad()
def check_language(folder):
    model = Llada(json.loads((folder / "config.json").read_text())).eval()
    model.load_state_dict(load_file(str(folder / "model.safetensors")))
    recorded = load_file(str(folder / "forward.safetensors"))
    for name in ("single", "batch"):
        error = worst(model(recorded[f"{name}.input_ids"]), recorded[f"{name}.logits"])
        print(f"logits of {name}: largest difference {error:.1e}")
        assert error < 5e-4
    embedded = model.model.transformer.wte(recorded["single.input_ids"])
    for number, state in enumerate(model.hidden(embedded)):
        assert worst(state, recorded[f"single.hidden.{number}"]) < 5e-4, number


@torch.no_grad()
def check_pictures(folder):
    model = VqModel(json.loads((folder / "config.json").read_text())).eval()
    model.load_state_dict(load_file(str(folder / "diffusion_pytorch_model.safetensors")))
    for path in sorted(folder.glob("img?.safetensors")):
        recorded = load_file(str(path))
        latents = model.latents(recorded["preprocessed"])
        codes = model.distances(latents).argmin(-1)[0]
        decoded = model.decode(recorded["indices"][None])
        errors = worst(latents, recorded["latents"]), worst(decoded, recorded["decoded"])
        print(f"{path.stem}: latents {errors[0]:.1e}, pixels {errors[1]:.1e}, {to_bytes(decoded).shape}")
        assert torch.equal(codes, recorded["indices"]) and max(errors) < 1e-3


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    check_language(options.folder / "lm-a")
    check_pictures(options.folder / "vq-a")
    print("both agree with the recorded outputs")
