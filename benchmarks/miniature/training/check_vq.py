"""Measures the image tokenizer: are the codes of random boards right, also under noise, and how
near are decoded tiles to the clean ones? Cells are read back as the nearest clean tile.

With `--suite` and `--answers` it also writes the right pictures of a suite's edits, encoded and decoded
again, as answers for `parabench run --model replay:DIR --judge oracle`: what the oracle misses in
them it misreads."""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

from layout import CELLS, COLOURS, SHAPES
from train_vq import boards, damage, draw, read_tiles
from vq import VqModel, to_bytes


def nearest_tiles(tiles, pictures):
    """The code of the nearest clean tile of every cell, and its distance in 8-bit levels."""
    cells = pictures.unfold(2, 16, 16).unfold(3, 16, 16).permute(0, 2, 3, 1, 4, 5)
    flat = cells.flatten(3)
    distances = torch.cdist(flat.flatten(0, 2), tiles.flatten(1)) / (3 * 256) ** 0.5 * 255
    distance, code = distances.min(-1)
    return code.view(flat.shape[:3]), distance


def truths(suite):
    """The right boards of the suite's edits by task."""
    for line in (suite / "tasks.jsonl").read_text(encoding="utf-8").splitlines():
        task = json.loads(line)
        if task["kind"] == "edit":
            board = torch.zeros(len(CELLS), dtype=torch.long)
            for cell, thing in task["target"]["edit"]["after"].items():
                colour, shape = thing.split()
                board[CELLS.index(cell)] = 1 + COLOURS.index(colour) * len(SHAPES) + SHAPES.index(shape)
            yield task["id"], board.view(6, 6)


def write_answers(model, tiles, suite, folder):
    folder.mkdir(parents=True, exist_ok=True)
    names, wanted = zip(*truths(suite))
    drawn = to_bytes(model.decode(model.codes(draw(tiles, torch.stack(wanted)))))
    for name, pixels in zip(names, drawn.numpy()):
        Image.fromarray(pixels).save(folder / f"{name}.png")
    print(f"{len(names)} answers")


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("tiles", type=Path)
    parser.add_argument("--boards", type=int, default=100)
    parser.add_argument("--suite", type=Path)
    parser.add_argument("--answers", type=Path)
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
    if options.suite and options.answers:
        write_answers(model, tiles, options.suite, options.answers)


if __name__ == "__main__":
    main()
