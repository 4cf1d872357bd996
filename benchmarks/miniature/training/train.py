"""Trains the denoiser: masked diffusion over text and picture of the answer in one sequence.

Objective (Eq. 1-2 of the MMaDA-Parallel paper): one mask ratio t ~ U(0, 1) for both
modalities, cross-entropy at masked positions, text weighted 1/t, image weighted 1. A share of
the samples has a ratio of its own for the picture, so that orders other than the joint one
can be decoded as well; see `ratios`.
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F

from data import Batches
from factors import Factors
from layout import SECTIONS, SIDE, TEXT
from model import Llada
from muon import Muon
from start import start

LEAST_RATIO = 0.05
# How often an action counts, beside a gap: the chance of an action is split among its targets, so that
# a decoder that takes the likeliest token would often take the gap where most of the chance is on actions.
ACTION_WEIGHT = 1.3
# Tokens from the begin of the input picture to `<answer>`: the picture's 44 and the prompt's last.
BEFORE_ANSWER = 45
LOG_EVERY = 25
SAVE_EVERY = 200


def config_of(layout, options):
    return {
        "architectures": ["LLaDAForMultiModalGeneration"],
        "model_type": "llada",
        "activation_type": "silu", "block_type": "llama", "layer_norm_type": "rms",
        "layer_norm_with_affine": True, "rms_norm_eps": 1e-5,
        "include_bias": False, "include_qkv_bias": False, "weight_tying": False,
        "input_emb_norm": False, "scale_logits": False, "alibi": False,
        "attention_layer_norm": False, "bias_for_layer_norm": False, "block_group_size": 1,
        "multi_query_attention": None,
        "rope": True, "rope_full_precision": True, "rope_theta": 10000.0,
        "d_model": options.width, "n_layers": options.layers, "n_heads": options.heads,
        "n_kv_heads": options.heads, "mlp_hidden_size": options.mlp,
        "max_sequence_length": 320,
        "embedding_size": layout.size, "vocab_size": layout.size,
        "text_vocab_size": layout.text_size, "codebook_size": layout.size - layout.text_size,
        "mask_token_id": layout.mask, "eos_token_id": layout.end, "pad_token_id": layout.end,
        "torch_dtype": "float32", "use_cache": False,
    }


def ratios(dice, size):
    """Mask ratios of the three parts of the text and of the picture for one batch, the former
    spread evenly over 0..1.

    40 %: one ratio for everything. 8 %: that of the picture follows the cosine schedule while the
    text's falls linearly, as at decoding. 4 %: text alone, picture all masked. 4 %: picture alone,
    text given. 44 %: the parts one after the other, as a decoder with blocks sees them: those
    before the part at hand are given, those after it are all masked and do not count, and the
    picture is all masked in half of the cases.

    Gives the ratios of the parts, (size, 3), those of the pictures, and which parts count.
    """
    one = LEAST_RATIO + (1 - LEAST_RATIO) * (dice.permutation(size) + dice.random()) / size
    kind = dice.random(size)
    text = np.repeat(one[:, None], len(SECTIONS), axis=1)
    image = np.where(kind < 0.08, np.cos((1 - one) * math.pi / 2), one)
    image = np.where((kind >= 0.08) & (kind < 0.12), 1.0, image)
    text = np.where(((kind >= 0.12) & (kind < 0.16))[:, None], 0.0, text)
    blocks, at_hand = (kind >= 0.16) & (kind < 0.60), np.where(kind < 0.50, 1, 2)
    step = np.sign(np.arange(len(SECTIONS))[None] - at_hand[:, None])
    text = np.where(blocks[:, None], np.where(step < 0, 0.0, np.where(step > 0, 1.0, text)), text)
    alone = np.where(dice.random(size) < 0.5, 1.0, dice.random(size))
    return text, np.where(blocks, alone, image), ~blocks[:, None] | (step <= 0)


def masked_batch(batches, dice, size):
    """A masked batch: ids, masked rows that count (flat), their targets and weights, and which are text."""
    clean, cells, words, inputs = batches.draw(dice, size, 0.03, 0.015, 0.04)
    text, image, counts = ratios(dice, size)
    if not len(words):
        image = np.maximum(image, text[:, 0])
    masked = np.zeros(clean.shape, bool)
    masked[:, cells] = dice.random((size, len(cells))) < image[:, None]
    weights = np.zeros(clean.shape, np.float32)
    weights[:, cells] = 1.0
    is_text = np.zeros(clean.shape, bool)
    if len(words):
        is_text[:, words] = True
        lengths = [stop - start for start, stop in SECTIONS]
        each, counts = np.repeat(text, lengths, axis=1), np.repeat(counts, lengths, axis=1)
        surest_first(batches.layout, dice, clean, words, inputs, text, each)
        masked[:, words] = dice.random(each.shape) < each
        weights[:, words] = counts / np.maximum(each, LEAST_RATIO)
    rows = np.flatnonzero(masked & (weights > 0))
    ids = np.where(masked, batches.layout.mask, clean)
    weights[np.isin(clean, batches.layout.action_ids)] *= ACTION_WEIGHT
    take = lambda values: torch.from_numpy(values.reshape(-1)[rows])
    main = torch.from_numpy(ids), torch.from_numpy(rows), take(clean), take(weights), take(is_text)
    return main, places(clean.shape[1], cells, inputs)


def surest_first(layout, dice, clean, words, inputs, text, each):
    """Turns the ratio of an edit's plan, in half of the samples, into that of a decoder that begins with
    what is surest: gaps where the input shows nothing come first, the places of objects last."""
    if not len(inputs):
        return
    start, stop = SECTIONS[1]
    filled = clean[:, words[start:stop]] != layout.gap
    at = [1 + (SIDE + 1) * (cell // SIDE) + cell % SIDE for cell in range(SIDE * SIDE)]
    filled[:, at] |= clean[:, inputs] != layout.text_size
    ratio = text[:, 1:2]
    sure = np.where(filled, np.minimum(1.0, 2 * ratio), np.maximum(0.0, 2 * ratio - 1))
    partly = (dice.random((len(clean), 1)) < 0.5) & (ratio > 0) & (ratio < 1)
    each[:, start:stop] = np.where(partly, sure, each[:, start:stop])


def places(length, cells, inputs):
    """What the probe is to find: the place of every token from the input picture on, counted from a
    fixed token."""
    answer = cells[0] - 2
    first = answer - BEFORE_ANSWER if len(inputs) else answer - 1
    found = torch.arange(first, length)
    return found, found - answer + BEFORE_ANSWER


class Probe(torch.nn.Module):
    """Reads the place of a token after the first blocks while training, so that these compute it early:
    rotary positions only tell distances, and without the probe much time goes by before the model
    finds out where in a picture a token is. It is no part of the checkpoint."""

    BLOCKS = (1, 2)
    PLACES = 240

    def __init__(self, width):
        super().__init__()
        self.width = width
        self.heads = torch.nn.ModuleList(torch.nn.Linear(width, self.PLACES) for _ in self.BLOCKS)

    def forward(self, states, places, numbers):
        """The sum of the cross-entropies after those blocks."""
        loss = 0.0
        for head, block in zip(self.heads, self.BLOCKS):
            found = head(F.rms_norm(states[block][:, places], (self.width,)))
            loss = loss + F.cross_entropy(found.flatten(0, 1), numbers.repeat(len(found)))
        return loss


class Trainer:
    def __init__(self, options, worker=0):
        self.options = options
        self.worker = worker
        torch.set_num_threads(1)
        self.batches = Batches(options.data)
        self.config = config_of(self.batches.layout, options)
        torch.manual_seed(options.seed)
        self.model = Llada(self.config)
        start(self.model, self.batches.layout, torch.Generator().manual_seed(options.seed))
        named = list(self.model.named_parameters())
        matrices = [w for n, w in named if w.dim() == 2 and ".blocks." in n]
        others = [w for n, w in named if not (w.dim() == 2 and ".blocks." in n)]
        self.probe = Probe(options.width)
        self.factors = Factors(self.batches.layout, options.width)
        self.factors.fit(*self.matrices())
        self.trained = [
            weight for module in (self.model, self.probe, self.factors) for weight in module.parameters()
        ]
        self.optimizers = [
            (Muon(matrices, lr=0.0, weight_decay=0.01), options.lr),
            (torch.optim.AdamW(others, lr=0.0, betas=(0.9, 0.98), weight_decay=0.0), options.lr_other),
            (torch.optim.AdamW(self.probe.parameters(), lr=0.0, weight_decay=0.0), options.lr_other),
            (
                torch.optim.AdamW(self.factors.parameters(), lr=0.0, betas=(0.9, 0.98), weight_decay=0.0),
                options.lr_other,
            ),
        ]
        self.average = {name: weight.detach().clone() for name, weight in self.weights().items()}
        self.step = 0

    def matrices(self):
        """Embedding and output as the model has them, without what is composed."""
        inner = self.model.model.transformer
        return inner.wte.weight, inner.ff_out.weight

    @torch.no_grad()
    def weights(self):
        """The model's weights by name, with composed rows put in."""
        named = dict(self.model.named_parameters())
        embedding, output = self.factors(*self.matrices())
        composed = {
            "model.transformer.wte.weight": embedding, "model.transformer.ff_out.weight": output
        }
        return named | composed

    def read_new_end(self):
        """A number in the file `steps` shortens or lengthens the run while it goes on."""
        if self.step % LOG_EVERY != 0:
            return
        path = self.options.output / "steps"
        steps = torch.tensor([int(path.read_text()) if path.exists() else self.options.steps])
        if self.options.workers > 1:
            dist.broadcast(steps, 0)
        self.options.steps = int(steps)

    def rate(self):
        """Warm-up, then constant, then a linear fall to zero over the last steps."""
        left = self.options.steps - self.step
        return min(1.0, (self.step + 1) / self.options.warmup, left / max(1, self.options.decay))

    def train_step(self):
        dice = np.random.default_rng((self.options.seed, self.step, self.worker))
        share = self.options.batch // self.options.workers
        (ids, rows, targets, weights, is_text), wanted = masked_batch(self.batches, dice, share)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.options.bf16):
            embedding, output = self.factors(*self.matrices())
            states = self.model.hidden(ids, embedding)
            probed = self.probe(states, *wanted)
            logits = F.linear(states[-1].flatten(0, 1)[rows], output)
            losses = F.cross_entropy(logits, targets, reduction="none")
            loss = (losses * weights).sum() / (share * TEXT) + 0.25 * probed
        loss.backward()
        self.share_gradients()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        for optimizer, peak in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = peak * self.rate()
            optimizer.step()
            optimizer.zero_grad()
        keep = min(self.options.average, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            for name, weight in self.weights().items():
                self.average[name].lerp_(weight, 1 - keep)
        self.step += 1
        losses = losses.detach()
        mean = lambda mask: float(losses[mask].mean()) if bool(mask.any()) else float("nan")
        return mean(is_text), mean(~is_text), float(probed.detach())

    def share_gradients(self):
        """The mean over the workers."""
        if self.options.workers == 1:
            return
        for weight in self.trained:
            weight.grad = torch.zeros_like(weight) if weight.grad is None else weight.grad
        gradients = [weight.grad for weight in self.trained]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self.options.workers
        for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients])):
            gradient.copy_(mean.view_as(gradient))

    def run(self):
        start, seen = time.monotonic(), []
        first = self.step == 0
        with open(self.options.output / f"loss{self.worker or ''}.csv", "a", encoding="utf-8") as log:
            if first:
                log.write("step,seconds,text_loss,image_loss,probe_loss,rate\n")
            while self.step < self.options.steps:
                self.read_new_end()
                seen.append(self.train_step())
                if self.step % LOG_EVERY == 0:
                    text, image, probe = np.nanmean(np.array(seen), axis=0)
                    seconds = time.monotonic() - start
                    log.write(f"{self.step},{seconds:.0f},{text:.4f},{image:.4f},{probe:.4f},{self.rate():.3f}\n")
                    log.flush()
                    seen = []
                if self.step % SAVE_EVERY == 0:
                    self.save()
        self.save()

    def save(self):
        if self.worker != 0:
            return
        state = {
            "step": self.step, "config": self.config, "average": self.average,
            "model": self.model.state_dict(), "probe": self.probe.state_dict(),
            "factors": self.factors.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer, _ in self.optimizers],
        }
        path = self.options.output / "state.pt"
        torch.save(state, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)

    def resume(self, path):
        state = torch.load(path, weights_only=True)
        self.step, self.average = state["step"], state["average"]
        self.model.load_state_dict(state["model"])
        self.probe.load_state_dict(state["probe"])
        self.factors.load_state_dict(state["factors"])
        for (optimizer, _), stored in zip(self.optimizers, state["optimizers"]):
            optimizer.load_state_dict(stored)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder that data.py wrote")
    parser.add_argument("output", type=Path, help="folder for state.pt and loss.csv")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--decay", type=int, default=1500, help="last steps, in which the rate falls")
    parser.add_argument("--warmup", type=int, default=100)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--lr", type=float, default=0.006, help="of matrices (Muon)")
    parser.add_argument("--lr-other", type=float, default=1.5e-3, help="of everything else (AdamW)")
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--layers", type=int, default=5)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--mlp", type=int, default=320)
    parser.add_argument("--average", type=float, default=0.995)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread that share a batch")
    parser.add_argument("--bf16", action="store_true", help="multiply matrices in bfloat16")
    parser.add_argument("--resume", type=Path)
    return parser.parse_args()


def work(worker, options):
    """One worker's run. Every worker sees batches of its own and takes the same steps."""
    if options.workers > 1:
        place = (options.output / "meeting").absolute()
        dist.init_process_group("gloo", f"file://{place}", rank=worker, world_size=options.workers)
    trainer = Trainer(options, worker)
    if options.resume:
        trainer.resume(options.resume)
    trainer.run()


if __name__ == "__main__":
    options = read_options()
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "options.json").write_text(json.dumps(vars(options), default=str, indent=1))
    (options.output / "meeting").unlink(missing_ok=True)
    mp.spawn(work, (options,), nprocs=options.workers)
