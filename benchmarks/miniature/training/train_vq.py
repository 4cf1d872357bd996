"""Trains the image tokenizer on random boards.

Code k stands for tile k of the world: the encoder learns, by cross-entropy over negative
distances, to put a tile next to its code, whatever its neighbours are and under noise, blur
and brightness; the decoder learns to draw the tile from the code. That leaves nothing of the
neighbours in a code.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file

from vq import VqModel

DRAWING_BATCH = 6
CONFIG = {
    "_class_name": "VQModel", "_diffusers_version": "0.34.0", "act_fn": "silu",
    "block_out_channels": [16, 16, 32, 32, 64], "layers_per_block": 1, "latent_channels": 16,
    "vq_embed_dim": None, "num_vq_embeddings": 37, "norm_num_groups": 8, "norm_type": "group",
    "down_block_types": ["DownEncoderBlock2D"] * 5, "up_block_types": ["UpDecoderBlock2D"] * 5,
    "mid_block_add_attention": False, "lookup_from_codebook": True, "force_upcast": False,
    "in_channels": 3, "out_channels": 3, "sample_size": 96, "scaling_factor": 0.18215,
}


def read_tiles(path):
    """`[37, 3, 16, 16]` in 0..1."""
    atlas = torch.from_numpy(np.array(Image.open(path).convert("RGB"))).float() / 255
    return torch.stack(atlas.split(16, dim=1)).permute(0, 3, 1, 2).contiguous()


def boards(dice, count):
    """Random boards, from nearly empty to full."""
    full = dice.random((count, 1, 1)) ** 2
    objects = dice.integers(1, 37, (count, 6, 6))
    return torch.from_numpy(np.where(dice.random((count, 6, 6)) < full, objects, 0))


def draw(tiles, codes):
    rows = tiles[codes].permute(0, 3, 1, 4, 2, 5)
    return rows.reshape(len(codes), 3, 96, 96)


def damage(pictures, dice):
    """Noise, a shade and mild blur: what tokenizers, cameras and codecs do."""
    shape = (len(pictures), 1, 1, 1)
    noise = torch.from_numpy(dice.normal(0, 1, pictures.shape)).float()
    amount = torch.from_numpy(dice.random(shape)).float() * 0.06
    shade = 1 + (torch.from_numpy(dice.random(shape)).float() - 0.5) * 0.1
    blurred = F.avg_pool2d(F.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, 1)
    share = torch.from_numpy(dice.random(shape)).float() * 0.5
    mixed = pictures + share * (blurred - pictures)
    return (mixed * shade + amount * noise).clamp(0, 1)


def train(options):
    torch.set_num_threads(options.threads)
    if options.steps == 0:
        return
    torch.manual_seed(options.seed)
    tiles = read_tiles(options.tiles)
    model = VqModel(CONFIG)
    torch.nn.init.normal_(model.quantize.embedding.weight)
    optimizer = torch.optim.AdamW(model.parameters(), lr=options.lr, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, options.lr, total_steps=options.steps, pct_start=0.1
    )
    start = time.monotonic()
    for step in range(options.steps):
        dice = np.random.default_rng((options.seed, step))
        codes = boards(dice, options.batch)
        clean = draw(tiles, codes)
        latents = model.latents(damage(clean, dice))
        distances = model.distances(latents)
        naming = F.cross_entropy(-distances.flatten(0, 2), codes.flatten())
        near = distances.gather(-1, codes[..., None]).mean()
        drawn = model.decode(codes)
        drawing = F.mse_loss(drawn, clean) + 0.1 * F.l1_loss(drawn, clean)
        loss = naming + 0.02 * near + 20 * drawing
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if (step + 1) % 25 == 0:
            right = (distances.argmin(-1) == codes).float().mean()
            error = 255 * (drawn.clamp(0, 1) - clean).pow(2).mean().sqrt()
            seconds = time.monotonic() - start
            print(f"{step + 1} {seconds:.0f}s loss {loss:.4f} codes {right:.4f} rmse {error:.2f}", flush=True)
        if (step + 1) % 200 == 0 or step + 1 == options.steps:
            save(model, options.output)


def train_drawing(options):
    """Goes on with the decoder alone, on fuller boards; encoder and codebook stay as they are."""
    tiles = read_tiles(options.tiles)
    model = VqModel(CONFIG)
    model.load_state_dict(load_file(str(options.output / "diffusion_pytorch_model.safetensors")))
    drawn_by = list(model.decoder.parameters()) + list(model.post_quant_conv.parameters())
    optimizer = torch.optim.AdamW(drawn_by, lr=options.lr, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, options.lr, total_steps=options.drawing_steps, pct_start=0.1
    )
    start = time.monotonic()
    for step in range(options.drawing_steps):
        dice = np.random.default_rng((options.seed, 1, step))
        codes = boards(dice, DRAWING_BATCH)
        full = torch.from_numpy(dice.integers(0, 37, codes.shape))
        codes[: DRAWING_BATCH // 2] = full[: DRAWING_BATCH // 2]
        drawn, clean = model.decode(codes), draw(tiles, codes)
        loss = 20 * F.mse_loss(drawn, clean) + F.l1_loss(drawn, clean)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(drawn_by, 1.0)
        optimizer.step()
        schedule.step()
        if (step + 1) % 25 == 0:
            error = 255 * (drawn.clamp(0, 1) - clean).pow(2).mean().sqrt()
            print(f"drawing {step + 1} {time.monotonic() - start:.0f}s rmse {error:.2f}", flush=True)
        if (step + 1) % 100 == 0 or step + 1 == options.drawing_steps:
            save(model, options.output)


def save(model, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    weights = {name: weight.contiguous() for name, weight in model.state_dict().items()}
    # 16 bits halve the file. The largest weight of the bundled tokenizer is 3.74 and the largest rounding error 0.00095.
    weights = {name: tensor.half() for name, tensor in weights.items()}
    save_file(weights, str(folder / "diffusion_pytorch_model.safetensors"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tiles", type=Path, help="tiles.png of `parabench shapes training-data`")
    parser.add_argument("output", type=Path, help="the folder vqvae of the checkpoint")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--drawing-steps", type=int, default=700)
    options = parser.parse_args()
    train(options)
    train_drawing(options)
