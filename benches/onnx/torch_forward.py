"""The forward pass of benches/onnx_forward.rs in PyTorch, one thread, every position projected on the whole vocabulary.

Usage: python torch_forward.py CHECKPOINT, a folder that `cargo bench --bench onnx_forward -- --keep` wrote.
Needs torch, safetensors and numpy.
"""

import json
import pathlib
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

LENGTH, RUNS = 2434, 5


def rms(x, weight, eps):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


def trunk(w, config, ids):
    heads, width, eps = config["n_heads"], config["d_model"], config["rms_norm_eps"]
    head, length = width // heads, ids.shape[1]
    frequencies = 1.0 / config["rope_theta"] ** (torch.arange(0, head, 2, device=ids.device).float() / head)
    angles = torch.outer(torch.arange(length, device=ids.device).float(), frequencies)
    x = F.embedding(ids, w["model.transformer.wte.weight"])
    cos, sin = (torch.cat((f(angles), f(angles)), -1).to(x.dtype) for f in (torch.cos, torch.sin))
    for layer in range(config["n_layers"]):
        block = {k.removeprefix(p): v for p in [f"model.transformer.blocks.{layer}."] for k, v in w.items() if k.startswith(p)}
        h = rms(x, block["attn_norm.weight"], eps)
        q, k, v = (
            F.linear(h, block[f"{name}_proj.weight"]).view(1, length, heads, head).transpose(1, 2) for name in "qkv"
        )
        a = F.scaled_dot_product_attention(rotate(q, cos, sin), rotate(k, cos, sin), v)
        x = x + F.linear(a.transpose(1, 2).reshape(1, length, width), block["attn_out.weight"])
        h = rms(x, block["ff_norm.weight"], eps)
        gate = F.silu(F.linear(h, block["ff_proj.weight"])) * F.linear(h, block["up_proj.weight"])
        x = x + F.linear(gate, block["ff_out.weight"])
    return rms(x, w["model.transformer.ln_f.weight"], eps)


def main():
    torch.set_num_threads(1)
    folder = pathlib.Path(sys.argv[1])
    config = json.loads((folder / "config.json").read_text())
    w = load_file(folder / "model.safetensors")
    ids = torch.arange(LENGTH).mul(7919).remainder(126_000).unsqueeze(0)
    print(f"PyTorch {torch.__version__}, {LENGTH} positions, 1 thread")
    head = w["model.transformer.ff_out.weight"]
    with torch.inference_mode():
        for name, run in {
            "full logits": lambda: F.linear(trunk(w, config, ids), head),
            "256 positions": lambda: F.linear(trunk(w, config, ids)[:, -256:], head),
            "trunk": lambda: trunk(w, config, ids),
        }.items():
            run()
            clock, cpu = [], []
            for _ in range(RUNS):
                start, used = time.perf_counter(), time.process_time()
                run()
                clock.append(time.perf_counter() - start)
                cpu.append(time.process_time() - used)
            figures = [f"{statistics.median(t):.2f} s median, {min(t):.2f} s least" for t in (clock, cpu)]
            print(f"{name:14} clock {figures[0]}; CPU {figures[1]} of {RUNS}")


if __name__ == "__main__":
    main()
