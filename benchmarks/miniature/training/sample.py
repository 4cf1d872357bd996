"""Decodes the tasks of a suite and writes answers as `<id>.png` and `<id>.txt`, for
`parabench run --model replay:DIR --judge oracle`. A second opinion on the checkpoint, independent of
the decoder in Rust: confidence decides what is kept, text by a linear and picture by a cosine
schedule over all steps.
"""

import argparse
import json
import math
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from tokenizers import Tokenizer

from layout import CELLS, TEXT, Layout
from model import Llada
from vq import VqModel, to_bytes

STRATEGIES = ("parallel", "semi-parallel", "sequential", "image-only")


class Checkpoint:
    """A folder in the released layout."""

    def __init__(self, folder):
        self.layout = Layout(Tokenizer.from_file(str(folder / "tokenizer.json")))
        self.model = Llada(json.loads((folder / "config.json").read_text())).eval()
        self.model.load_state_dict(load_file(str(folder / "model.safetensors")))
        self.vq = VqModel(json.loads((folder / "vqvae" / "config.json").read_text())).eval()
        self.vq.load_state_dict(load_file(str(folder / "vqvae" / "diffusion_pytorch_model.safetensors")))

    def board(self, path):
        pixels = torch.from_numpy(np.array(Image.open(path).convert("RGB"))).float() / 255
        return self.vq.codes(pixels.permute(2, 0, 1)[None])[0].flatten().tolist()

    def draw(self, codes):
        return to_bytes(self.vq.decode(codes.view(-1, 6, 6)))


def plan(strategy, text_steps, image_steps):
    """For each pass: the share of text and of picture that is decided after it (`None`: untouched)."""
    def linear(step, count):
        return (step + 1) / count

    def cosine(step, count):
        return 1 - math.cos((step + 1) / count * math.pi / 2)

    text = [linear(step, text_steps) for step in range(text_steps)]
    image = [cosine(step, image_steps) for step in range(image_steps)]
    if strategy == "image-only":
        return [(None, share) for share in image]
    if strategy == "sequential":
        return [(share, None) for share in text] + [(None, share) for share in image]
    first = text_steps // 2 if strategy == "semi-parallel" else 0
    places = np.linspace(first, text_steps - 1, image_steps).round().astype(int)
    shares = dict(zip(places.tolist(), image))
    return [(text[step], shares.get(step)) for step in range(text_steps)]


def reveal(ids, places, share, logits, allowed, mask, temperature, generator):
    """Decides the most confident masked places until the share of them is decided."""
    current = ids[:, places]
    masked = current == mask
    wanted = round(share * len(places))
    scores = logits[..., allowed]
    if temperature > 0:
        noise = torch.rand(scores.shape, generator=generator).clamp_min(1e-9)
        choice = (scores / temperature - (-noise.log()).log()).argmax(-1)
    else:
        choice = scores.argmax(-1)
    confidence = scores.softmax(-1).gather(-1, choice[..., None])[..., 0]
    confidence = confidence.masked_fill(~masked, -1.0)
    due = wanted - int((~masked[0]).sum())
    if due <= 0:
        return
    chosen = confidence.topk(due, dim=-1).indices
    tokens = torch.arange(allowed.start, allowed.stop)[choice]
    current.scatter_(1, chosen, tokens.gather(1, chosen))
    ids[:, places] = current


@torch.no_grad()
def decode(checkpoint, prompts, before, strategy, options, generator):
    """Texts and codes for prompts of one length."""
    layout = checkpoint.layout
    text = 0 if strategy == "image-only" else TEXT
    blank = [None] * len(CELLS)
    region = [layout.mask] * text
    sequences = [layout.sequence(p, b, blank, region) for p, b in zip(prompts, before)]
    ids = torch.tensor(sequences)
    cells, words = layout.answer_places(ids.shape[1], text)
    cells, words = torch.tensor(cells), torch.tensor(words, dtype=torch.long)
    kinds = (
        (0, words, slice(0, layout.text_size), options.text_temperature),
        (1, cells, slice(layout.text_size, layout.size), options.temperature),
    )
    for shares in plan(strategy, options.text_steps, options.image_steps):
        logits = checkpoint.model(ids)
        for kind, places, allowed, temperature in kinds:
            if shares[kind] is not None:
                scores = logits[:, places].clone()
                scores[..., layout.mask] = -1e9
                reveal(ids, places, shares[kind], scores, allowed, layout.mask, temperature, generator)
    texts = [layout.tokenizer.decode(row.tolist(), skip_special_tokens=True) for row in ids[:, words]]
    return texts, ids[:, cells] - layout.text_size


def answer_suite(checkpoint, suite, output, strategy, options):
    """Answers all tasks; returns the boards by task."""
    tasks = [json.loads(line) for line in (suite / "tasks.jsonl").read_text().splitlines()]
    groups = defaultdict(list)
    for task in tasks:
        edit = task["kind"] == "edit"
        prompt = checkpoint.layout.prompt(task["instruction"], edit)
        before = checkpoint.board(suite / task["image"]) if edit else None
        groups[edit, len(prompt)].append((task, prompt, before))
    output.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(options.seed)
    boards = {}
    for key in sorted(groups):
        some, prompts, before = zip(*groups[key])
        texts, codes = decode(checkpoint, prompts, before, strategy, options, generator)
        for task, text, code, pixels in zip(some, texts, codes, checkpoint.draw(codes).numpy()):
            Image.fromarray(pixels).save(output / f"{task['id']}.png")
            if strategy != "image-only":
                (output / f"{task['id']}.txt").write_text(text + "\n", encoding="utf-8")
            boards[task["id"]] = code.tolist()
    return tasks, boards


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("suite", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--strategy", choices=STRATEGIES, default="parallel")
    parser.add_argument("--text-steps", type=int, default=24)
    parser.add_argument("--image-steps", type=int, default=12)
    parser.add_argument("--temperature", type=float, default=0.0)
    parser.add_argument("--text-temperature", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    checkpoint = Checkpoint(options.checkpoint)
    answer_suite(checkpoint, options.suite, options.output, options.strategy, options)


if __name__ == "__main__":
    main()
