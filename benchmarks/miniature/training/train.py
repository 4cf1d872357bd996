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

from data import Batches
from factors import Factors
from layout import TEXT
from masking import masked_batch
from model import Llada
from muon import Muon
from probes import Probes
from start import start

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


class Trainer:
    def __init__(self, options, worker=0):
        self.options = options
        self.worker = worker
        torch.set_num_threads(1)
        self.batches = Batches(options.data)
        self.config = config_of(self.batches.layout, options)
        torch.manual_seed(options.seed)
        self.model = Llada(self.config)
        # Prompts differ in length: one compilation for all of them.
        self.hidden = torch.compile(self.model.hidden, dynamic=True, disable=not options.compile)
        start(self.model, self.batches.layout, torch.Generator().manual_seed(options.seed))
        self.probes = Probes(options.width)
        self.factors = Factors(self.batches.layout, options.width)
        inner = self.model.model.transformer
        self.factors.fit(inner.wte.weight, inner.ff_out.weight)
        # Their rows are those of `factors` from here on.
        inner.wte.weight.requires_grad_(False)
        inner.ff_out.weight.requires_grad_(False)
        named = [(n, w) for n, w in self.model.named_parameters() if w.requires_grad]
        matrices = [w for n, w in named if w.dim() == 2]
        others = [w for n, w in named if w.dim() != 2] + list(self.factors.parameters())
        probing = list(self.probes.parameters())
        self.trained = matrices + others + probing
        self.optimizers = [
            (Muon(matrices, lr=0.0, weight_decay=0.01), options.lr),
            (torch.optim.AdamW(others, lr=0.0, betas=(0.9, 0.98), weight_decay=0.0), options.lr_other),
            (torch.optim.AdamW(probing, lr=0.0, weight_decay=0.0), options.lr_other),
        ]
        named += [(f"factors.{n}", w) for n, w in self.factors.named_parameters()]
        self.named = dict(named)
        self.average = {name: weight.detach().clone() for name, weight in named}
        self.step = 0

    @torch.no_grad()
    def weights(self):
        """The running averages as the checkpoint has them, with all rows of embedding and output."""
        found = {name: value for name, value in self.average.items() if not name.startswith("factors.")}
        for matrix, kind in (("wte", "embedding"), ("ff_out", "output")):
            plain, parts = (self.average[f"factors.{kind}{of}"] for of in ("", "_parts"))
            found[f"model.transformer.{matrix}.weight"] = self.factors.matrix(plain, parts)
        return found

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
        batch = masked_batch(self.batches, dice, share)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.options.bf16):
            states = self.hidden(self.factors.embed(batch.ids))
            probed, found = self.probes(states, batch.asked)
        losses = self.factors.losses(states[-1].float().flatten(0, 1)[batch.rows], batch.targets)
        loss = (losses * batch.weights).sum() / (share * TEXT) + probed
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
            for name, weight in self.named.items():
                self.average[name].lerp_(weight, 1 - keep)
        self.step += 1
        return self.report(batch, losses.detach()) | found

    def report(self, batch, losses):
        """Mean losses of text, of its actions and of pictures."""
        mean = lambda some: float(some.mean()) if some.numel() else math.nan
        actions = torch.from_numpy(self.batches.is_action[batch.targets.numpy()])
        return {
            "text": mean(losses[batch.is_text]), "action": mean(losses[actions]),
            "image": mean(losses[~batch.is_text]),
        }

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
        with open(self.options.output / f"loss{self.worker or ''}.csv", "a", encoding="utf-8") as log:
            while self.step < self.options.steps:
                self.read_new_end()
                seen.append(self.train_step())
                if self.step % LOG_EVERY == 0:
                    self.log(log, time.monotonic() - start, seen)
                    seen = []
                if self.step % SAVE_EVERY == 0:
                    self.save()
        self.save()

    def log(self, file, seconds, seen):
        """One line with the means of what was seen, under a head line."""
        if self.step == LOG_EVERY:
            file.write(",".join(["step,seconds", *(f"{name}_loss" for name in seen[0]), "rate\n"]))
        means = [np.nanmean([losses[name] for losses in seen]) for name in seen[0]]
        columns = [f"{self.step},{seconds:.0f}", *(f"{mean:.4f}" for mean in means), f"{self.rate():.3f}\n"]
        file.write(",".join(columns))
        file.flush()

    def save(self):
        if self.worker != 0:
            return
        state = {
            "step": self.step, "config": self.config, "weights": self.weights(), "average": self.average,
            "model": self.model.state_dict(), "probes": self.probes.state_dict(),
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
        self.probes.load_state_dict(state["probes"])
        self.factors.load_state_dict(state["factors"])
        for (optimizer, _), stored in zip(self.optimizers, state["optimizers"]):
            optimizer.load_state_dict(stored)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder that data.py wrote")
    parser.add_argument("output", type=Path, help="folder for state.pt and loss.csv")
    parser.add_argument("--steps", type=int, default=20000)
    parser.add_argument("--decay", type=int, default=6000, help="last steps, in which the rate falls")
    parser.add_argument("--warmup", type=int, default=100)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--lr", type=float, default=0.006, help="of matrices (Muon)")
    parser.add_argument("--lr-other", type=float, default=1.5e-3, help="of everything else (AdamW)")
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--mlp", type=int, default=320)
    parser.add_argument("--average", type=float, default=0.995)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread that share a batch")
    parser.add_argument("--bf16", action="store_true", help="multiply matrices in bfloat16")
    parser.add_argument("--compile", action="store_true", help="compile the blocks (needs a C++ compiler)")
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
