"""Measures the image tokenizer: are the codes of random boards right, also under noise, and how
near are decoded tiles to the clean ones? Cells are read back as the nearest clean tile."""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from train_vq import boards, damage, draw, read_tiles
from vq import VqModel, to_bytes


def nearest_tiles(tiles, pictures):
    """The code of the nearest clean tile of every cell, and its distance in 8-bit levels."""
    cells = pictures.unfold(2, 16, 16).unfold(3, 16, 16).permute(0, 2, 3, 1, 4, 5)
    flat = cells.flatten(3)
    distances = torch.cdist(flat.flatten(0, 2), tiles.flatten(1)) / (3 * 256) ** 0.5 * 255
    distance, code = distances.min(-1)
    return code.view(flat.shape[:3]), distance


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("tiles", type=Path)
    parser.add_argument("--boards", type=int, default=100)
    options = parser.parse_args()
    folder = options.checkpoint / "vqvae"
    model = VqModel(json.loads((folder / "config.json").read_text())).eval()
    model.load_state_dict(load_file(str(folder / "diffusion_pytorch_model.safetensors")))
    tiles = read_tiles(options.tiles)
    dice = np.random.default_rng(20250102)
    codes = boards(dice, options.boards)
    clean = draw(tiles, codes)
    for name, pictures in (("clean", clean), ("damaged", damage(clean, dice))):
        right = (model.codes(pictures) == codes).float().mean()
        print(f"{name} pictures: {right:.4%} of codes right")
    drawn = to_bytes(model.decode(codes)).permute(0, 3, 1, 2).float() / 255
    read, distance = nearest_tiles(tiles, drawn)
    full = codes > 0
    print(f"read back: {(read == codes)[full].float().mean():.4%} of objects, "
          f"{(read == codes)[~full].float().mean():.4%} of empty cells; "
          f"distance to the clean tile {distance.mean():.1f}, at most {distance.max():.1f}")


if __name__ == "__main__":
    main()
